// Holds the precompiled std headers that every target reuses.
