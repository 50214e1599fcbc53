"""The null backend: tasks that do nothing, to test plans for absent machines."""
