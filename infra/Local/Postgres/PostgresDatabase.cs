namespace Coordination.Local;

/// <summary>A database and the one role, besides the superuser, that may connect to it.</summary>
/// <param name="Name">The database's name, and the role's.</param>
/// <param name="ConnectionString">As that role; holds its password.</param>
public sealed record PostgresDatabase(string Name, string ConnectionString);
