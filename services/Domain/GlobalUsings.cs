global using Void = Coordination.Domain.Dossiers.Void;
