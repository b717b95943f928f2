"""Networks of other systems; what reads them is imported on use, and none of it is required."""
