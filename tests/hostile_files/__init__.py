"""Folders and files as a stranger, a broken download or a full disk leaves them: each kind spoils a good one."""
