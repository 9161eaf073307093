using System.Text.Json;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Identity.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore;

namespace Coordination.CountryNode.Accounts;

/// <summary>The tables of accounts, in a schema of their own. Migrations are the node's: numbered SQL files.</summary>
/// <remarks>What a second factor is made of is encrypted with a key of the key folder: whoever has the database, or a copy of it, cannot show one.</remarks>
public sealed class AccountsContext(DbContextOptions<AccountsContext> options, IDataProtectionProvider protection) : IdentityUserContext<Person>(options)
{
    public const string Schema = "accounts";

    public DbSet<OfficeGrant> Grants => Set<OfficeGrant>();

    protected override void OnModelCreating(ModelBuilder builder)
    {
        base.OnModelCreating(builder);
        builder.HasDefaultSchema(Schema);
        builder.Entity<Person>().ToTable("person");
        builder.Entity<IdentityUserClaim<string>>().ToTable("person_claim");
        builder.Entity<IdentityUserLogin<string>>().ToTable("person_login");
        var secrets = protection.CreateProtector("second factors");
        builder.Entity<IdentityUserToken<string>>(token =>
        {
            token.ToTable("person_token");
            token.Property(of => of.Value).HasConversion(value => value == null ? null : secrets.Protect(value), kept => kept == null ? null : secrets.Unprotect(kept));
        });
        builder.Entity<IdentityUserPasskey<string>>(passkey =>
        {
            passkey.ToTable("person_passkey");
            passkey.OwnsOne(of => of.Data).ToJson("data");
        });
        builder.Entity<OfficeGrant>(grant =>
        {
            grant.ToTable("office_grant");
            grant.HasOne<Person>().WithMany().HasForeignKey(of => of.PersonId);
        });
        foreach (var entity in builder.Model.GetEntityTypes())
            foreach (var property in entity.GetProperties())
                if (!entity.IsMappedToJson()) property.SetColumnName(JsonNamingPolicy.SnakeCaseLower.ConvertName(property.Name));
    }
}
