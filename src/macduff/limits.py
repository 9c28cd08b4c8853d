"""Every bound that macduff keeps, as a named default in one place; nothing else in the code holds such a figure."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Limits", "DEFAULTS"]


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one Process and its servers. Times in seconds, sizes in bytes."""

    # calls
    runnable_calls: int = 32
    """Method bodies that may run at the same moment; calls that wait do not count."""
    open_calls: int = 512
    """Calls that may be open in all, waiting ones included; one more is refused."""
    reserved_workers: int = 64
    """Workers that only abort, and what it calls in children, may take."""
    abort_grace: float = 2.0
    """How long an aborted call may take to end before its thread is quarantined."""
    shield_leave: float = 0.5
    """How much longer a call may take that was in a shield when the grace ended: only then was it told to end."""
    abort_lock_wait: float = 0.2
    """How long do_abort waits for the device's lock before it runs without."""
    quarantined_threads: int = 16
    watchdog: float = 1.0
    """A method that holds its lock for so long without a wait is named in `health`."""
    stall_shown: float = 2.0
    """For how long `health` names a method that kept the interpreter from everybody."""
    close_time: float = 10.0
    """How long do_close may take when a Process ends."""
    connect_retry_first: float = 0.5
    connect_retry_most: float = 10.0
    idle_backoff_most: float = 30.0

    # changes
    every_changes: int = 10_000
    """Changes kept for a watched attribute, or one subscribed `every`, until they are read; the oldest go first."""

    # history
    history_readings: int = 10_000
    """Readings kept of one attribute; the oldest go first."""
    history_size: int = 1024 * 1024
    """Bytes that the history of one attribute may take: arrays count by theirs, and one that is larger is not kept."""
    history_total: int = 64 * 1024 * 1024
    """Bytes that the histories of a Process may take together; beyond that the longest give way."""

    # a connection
    message_size: int = 4 * 1024 * 1024
    message_depth: int = 64
    connections: int = 256
    in_flight: int = 256
    """Requests of one connection that may be open at once."""
    subscriptions: int = 2_000
    """Subscriptions of one connection."""
    outgoing: int = 4 * 1024 * 1024
    """Bytes that may wait in one connection's send buffer before its changes are merged instead of sent."""
    stalled: float = 30.0
    """A connection whose buffer has been full for so long, with replies waiting, is closed."""
    frame_size: int = 32 * 1024 * 1024
    """The largest frame that is sent; a larger array becomes an empty one, INVALID, with the reason."""
    large_array: int = 256 * 1024
    """Arrays above this size are encoded off the loop, and sent once a second to clients without a subprotocol."""
    http_wait: float = 300.0
    """How long a POST over HTTP waits for its method before it answers 504."""
    outcomes: int = 1_000
    """Outcomes of `?wait=false` calls that are kept for asking."""

    # a client
    connect_time: float = 10.0
    """How long a client waits for its first connection, and for the reply to a get."""
    heartbeat: float = 10.0
    """A client pings an idle connection so often; one that answers nothing for half of it is taken for lost."""
    reconnect_first: float = 0.1
    reconnect_most: float = 5.0
    """A client that lost its connection waits between these two before it tries again, doubling."""

    shell_devices: int = 1_000
    """Devices whose descriptions a shell fetches beforehand, for completion; those of others when they are used."""

    # mounted devices
    mount_heartbeat: float = 2.0
    """A home is pinged so often; one that answers nothing for half of it is taken for away."""
    mount_retry_most: float = 2.0
    """The longest pause between two attempts to reach a home, or to find a device there."""

    # sources
    wire_jobs: int = 1_000
    """Exchanges that may wait on one wire; one more is refused."""
    wire_line: int = 1024 * 1024
    """The longest line that is taken from a wire."""
    wire_reconnect_first: float = 0.1
    wire_reconnect_most: float = 5.0
    """A wire that lost its instrument waits between these two before it tries again, doubling."""
    wire_retry_first: float = 1.0
    wire_retry_most: float = 30.0
    """A query that is not answered, while others are, is asked again between these two, doubling."""
    ca_answer: float = 5.0
    """How long a PV that is connected may take to tell its metadata and its first value."""
    ca_open: float = 3.0
    """How long whoever asks the `ca` device for a PV waits for it to be found."""
    ca_pending_elements: int = 4 * 1024 * 1024
    """Array elements of one PV that may wait to be taken; the oldest updates go first, counted."""
    ca_linger: float = 60.0
    """How long the `ca` device keeps a PV after its last subscriber (rule 39)."""

    # the web server
    http_idle: float = 75.0
    """How long a connection may stay without a whole request."""
    farewell: float = 1.0
    """How long a client that is hung up on has to take its leave."""
    readback_wait: float = 1.0
    """How long configure waits, after its puts, for readbacks that come later than the ends of the puts."""

    # the Channel Access server
    ca_channels: int = 100_000
    """PVs that one client may have open, and subscriptions to them; one more is refused."""
    ca_beacon_first: float = 0.02
    ca_beacon_most: float = 15.0
    """Beacons go out between these two, doubling; anew when a device is added, so that clients that wait look."""
    ca_searches: int = 10_000
    """Searches that are kept, to be answered when the PV appears; the oldest go, and come again by themselves."""
    ca_found: tuple[float, ...] = (0.05, 0.5, 2.0)
    """When those are answered, after the PV appeared: datagrams get lost, or a client has not noticed its loss."""

    # devices over PVAccess
    pva_open: float = 3.0
    """How long each PV that a device lists in its PVI may take to be found."""


DEFAULTS = Limits()
