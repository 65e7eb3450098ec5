"""Published layouts of SAEs, one file each: from the files to SAELens's configuration and parameters."""
