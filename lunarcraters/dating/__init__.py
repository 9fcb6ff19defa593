"""Model ages of counts, by craterstats."""
