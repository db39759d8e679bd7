"""Looking around with sample data: a made-up citizen, the vaults filled with it, and who may have one."""
