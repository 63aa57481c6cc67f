/**
 * Settings of the embedded server. What they mean for durability:
 *
 * - Default (a person's data): `fsync` and `full_page_writes` stay on, so no crash of Redline, Postgres or the
 *   machine corrupts the data. `synchronous_commit=off` lets a commit return before its log is on disk: when
 *   Redline alone dies, nothing is lost, since Postgres outlives it and shuts down cleanly; when Postgres is
 *   killed, or the machine loses power, commits of the last moments may be gone, never out of order and never
 *   half. `wal_writer_delay` bounds that window to about three times its value.
 * - Ephemeral (tests): nothing is forced to disk; a crash of the machine ruins the cluster, which nobody wants
 *   back anyway.
 *
 * What they mean for a full disk: a statement fails with SQLSTATE 53100 when its table cannot grow, and work
 * goes on once there is space. When it is the log that cannot grow, Postgres ends and cannot start until there
 * is space; the keeper then brings it back. Nothing that was committed is lost either way. Segments of the log
 * are small (4 MB, fixed at initdb), and `min_wal_size` keeps used ones for reuse, so the first case is the
 * usual one.
 */
export function serverSettings(options: {
  port: number;
  name: string;
  ephemeral: boolean;
  overrides?: Record<string, string>;
}): Record<string, string> {
  return {
    listen_addresses: "127.0.0.1",
    port: String(options.port),
    unix_socket_directories: "",
    cluster_name: options.name,
    max_connections: "200",
    shared_buffers: "64MB",
    timezone: "UTC",
    log_timezone: "UTC",
    // Only what concerns the server itself goes to the log; statements and their errors belong to the client.
    log_min_messages: "log",
    log_checkpoints: "off",
    // Nothing is replicated: less to write, and fewer processes.
    wal_level: "minimal",
    max_wal_senders: "0",
    max_logical_replication_workers: "0",
    io_method: "sync",
    min_wal_size: "32MB",
    max_wal_size: "256MB",
    synchronous_commit: "off",
    wal_writer_delay: "10ms",
    ...(options.ephemeral ? { fsync: "off", full_page_writes: "off" } : {}),
    ...options.overrides,
  };
}
