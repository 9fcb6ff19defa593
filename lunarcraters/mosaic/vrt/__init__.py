"""VRTs: rasters that are described by XML, written, read and explained where they are broken."""
