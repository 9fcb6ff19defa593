"""Wording: times, lengths, areas and shares as people say them."""

from lunarcraters.catalogue.wording import format_number


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
        return f"{format_number(diameter, 3)} px"
    if diameter < 1.0:
        return f"{format_number(1000.0 * diameter, 3)} m"
    return f"{format_number(diameter, 3)} km"


def diameter_range(low: float, high: float | None) -> str:
    """Write the diameters of a bin, in its unit, as `1 - 1.41`, or `724 - ` without an end."""
    return f"{format_number(low, 3)} - " + ("" if high is None else format_number(high, 3))


def square_km(km2: float) -> str:
    """Write an area in km^2 without the unit, such as `37932400`."""
    return format_number(km2, 6)


def share(value: float | None) -> str:
    """Write a share such as `0.85`, or `-` for none."""
    return "-" if value is None else f"{value:.2f}"
