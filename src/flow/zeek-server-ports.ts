/**
 * TCP ports that Zeek takes for a server's (`likely_server_ports` as its base scripts fill it).
 *
 * Zeek uses them to tell the roles of a connection whose first segment is not a plain SYN.
 */
const LIKELY_SERVER_PORTS: ReadonlySet<number> = new Set([
  ...[21, 2811], // FTP, GridFTP
  ...[22], // SSH
  ...[25, 587], // SMTP
  ...[53], // DNS
  ...[79], // finger
  ...[80, 81, 631, 1080, 3128, 8000, 8080, 8888], // HTTP and proxies
  ...[88], // Kerberos
  ...[135], // DCE/RPC
  ...[139, 445], // SMB
  ...[143], // IMAP
  ...[389, 3268], // LDAP
  ...[443, 465, 563, 585, 614, 636, 989, 990, 992, 993, 995, 5223], // TLS
  ...[502], // Modbus
  ...[514], // syslog
  ...[1434, 3306], // MySQL
  ...[1883], // MQTT
  ...[3389], // RDP
  ...[5222, 5269], // XMPP
  ...[5432], // PostgreSQL
  ...[6379], // Redis
  ...[6666, 6667, 6668, 6669], // IRC
  ...[20000], // DNP3
]);

/** True if Zeek expects a server on this TCP port. */
export function isLikelyServerPort(port: number): boolean {
  return LIKELY_SERVER_PORTS.has(port);
}
