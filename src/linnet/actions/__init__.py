"""What anyone can do, as functions: the API, the dashboard, the command line and importers all call these."""
