"""Wording: times, lengths and shares as people say them."""


def duration(seconds: float) -> str:
    """Write an approximate time, such as `20 seconds` or `3 h 5 min`."""
    if seconds < 1.5:
        return "1 second"
    if seconds < 9.5:
        return f"{round(seconds)} seconds"
    if seconds < 95:
        return f"{max(round(seconds / 10), 1) * 10} seconds"
    minutes = round(seconds / 60)
    if minutes < 120:
        return f"{minutes} minutes"
    return f"{minutes // 60} h {minutes % 60} min"


def length(diameter: float, *, has_crs: bool) -> str:
    """Write a diameter in km as `1.2 km` or `350 m`, or one in pixels."""
    if not has_crs:
        return f"{diameter:.3g} px"
    return f"{diameter:.3g} km" if diameter >= 1.0 else f"{1000.0 * diameter:.3g} m"


def share(value: float | None) -> str:
    """Write a share such as `0.85`, or `-` for none."""
    return "-" if value is None else f"{value:.2f}"
