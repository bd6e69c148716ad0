"""RESULTS.md: results.template has its prose, the modules compute its tables from result files."""
