#include "engines/cdn/access_log/columns.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "engines/cdn/rules/fields.h"

namespace meridian::engines::cdn::access_log {
namespace {

using Record = RequestRecord;

// CF: "ASCII character codes 0-32 and 127 and above" and these.
bool is_encoded(char c) {
  constexpr std::string_view kOthers = "<>\"#%{}|\\^~[]`'";
  const auto code = static_cast<unsigned char>(c);
  return code <= 32 || code >= 127 || kOthers.find(c) != std::string_view::npos;
}

void add_encoded(std::string& out, std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  for (const char c : text) {
    if (!is_encoded(c)) {
      out += c;
      continue;
    }
    const auto code = static_cast<unsigned char>(c);
    out += '%';
    out += kDigits[code >> 4];
    out += kDigits[code & 15];
  }
}

void add_text(std::string& out, std::string_view text) {
  if (text.empty())
    out += '-';
  else
    add_encoded(out, text);
}

template <typename Number>
void add_number(std::string& out, Number number) {
  fmt::format_to(std::back_inserter(out), "{}", number);
}

void add_number(std::string& out, const std::optional<std::uint64_t>& number) {
  if (number)
    add_number(out, *number);
  else
    out += '-';
}

void add_seconds(std::string& out, Duration duration) {
  fmt::format_to(std::back_inserter(out), "{:.3f}", std::chrono::duration<double>(duration).count());
}

void add_seconds(std::string& out, const std::optional<Duration>& duration) {
  if (duration)
    add_seconds(out, *duration);
  else
    out += '-';
}

// All lines of a field as one.
std::string joined(const Record& record, std::string_view name, std::string_view between) {
  std::string out;
  for (const http1::Field& field : record.fields) {
    if (!rules::same_name(field.name, name)) continue;
    if (!out.empty()) out += between;
    out += field.value;
  }
  return out;
}

template <std::size_t N>
struct Name {
  constexpr Name(const char (&text)[N]) { std::copy_n(text, N, chars); }
  char chars[N];
};
template <Name kName>
void request_field(std::string& out, const Record& record) {
  add_text(out, joined(record, kName.chars, ", "));
}

std::string cookies_of(const Record& record) {
  return joined(record, "cookie", "; ");
}

SystemTime end_of(const Record& record) {
  return record.began + record.time_taken;
}

void date(std::string& out, const Record& record) {
  out.append(format_iso8601(end_of(record)), 0, 10);
}
void time(std::string& out, const Record& record) {
  out.append(format_iso8601(end_of(record)), 11, 8);
}
void timestamp(std::string& out, const Record& record) {
  const auto ms = std::chrono::floor<std::chrono::milliseconds>(end_of(record).time_since_epoch()).count();
  fmt::format_to(std::back_inserter(out), "{}.{:03}", ms / 1000, ms % 1000);
}
void edge_location(std::string& out, const Record& record) {
  add_text(out, record.edge_location);
}
void sent_bytes(std::string& out, const Record& record) {
  add_number(out, record.sent_bytes);
}
void viewer_ip(std::string& out, const Record& record) {
  out += record.viewer.ip.to_string();
}
void viewer_ip_version(std::string& out, const Record& record) {
  out += record.viewer.ip.is_v4() ? "IPv4" : "IPv6";
}
void viewer_port(std::string& out, const Record& record) {
  add_number(out, record.viewer.port);
}
void method(std::string& out, const Record& record) {
  add_text(out, record.method);
}
void domain_name(std::string& out, const Record& record) {
  add_text(out, record.distribution->domain_name);
}
void uri_stem(std::string& out, const Record& record) {
  add_text(out, record.uri_stem);
}
// CF: unlike that of standard logs it has the query.
void uri_stem_with_query(std::string& out, const Record& record) {
  uri_stem(out, record);
  if (record.uri_query.empty()) return;
  out += '?';
  add_encoded(out, record.uri_query);
}
void uri_query(std::string& out, const Record& record) {
  add_text(out, record.uri_query);
}
// CF: 000 of a viewer that left before there was any.
void status(std::string& out, const Record& record) {
  fmt::format_to(std::back_inserter(out), "{:03}", record.status);
}
void cookies_when_wanted(std::string& out, const Record& record) {
  add_text(out, record.distribution->log.include_cookies ? cookies_of(record) : std::string());
}
void cookies_cut(std::string& out, const Record& record) {
  add_text(out, cookies_of(record).substr(0, kRealtimeTextMax));
}
void result(std::string& out, const Record& record) {
  add_text(out, record.result);
}
void response_result(std::string& out, const Record& record) {
  add_text(out, record.response_result);
}
void detailed_result(std::string& out, const Record& record) {
  add_text(out, record.detailed_result);
}
void request_id(std::string& out, const Record& record) {
  add_text(out, record.request_id);
}
void host_header(std::string& out, const Record& record) {
  add_text(out, record.host_header);
}
void protocol(std::string& out, const Record& record) {
  // CF: over TLS there is "grpcs"; without it gRPC is plain HTTP.
  if (record.tls && record.content_type.starts_with("application/grpc")) {
    out += "grpcs";
    return;
  }
  const bool web_socket = record.status == 101;
  out += web_socket ? "ws" : "http";
  if (record.tls) out += 's';
}
void protocol_version(std::string& out, const Record& record) {
  out += "HTTP/";
  out += rules::version_text(record.version);
}
void received_bytes(std::string& out, const Record& record) {
  add_number(out, record.received_bytes);
}
void time_taken(std::string& out, const Record& record) {
  add_seconds(out, record.time_taken);
}
void time_to_first_byte(std::string& out, const Record& record) {
  add_seconds(out, record.to_first_byte);
}
void tls_version(std::string& out, const Record& record) {
  add_text(out, record.tls_version);
}
void tls_cipher(std::string& out, const Record& record) {
  add_text(out, record.tls_cipher);
}
void content_type(std::string& out, const Record& record) {
  add_text(out, record.content_type);
}
void content_length(std::string& out, const Record& record) {
  add_number(out, record.content_length);
}
void range_start(std::string& out, const Record& record) {
  add_number(out, record.range_start);
}
void range_end(std::string& out, const Record& record) {
  add_number(out, record.range_end);
}
void country(std::string& out, const Record& record) {
  add_text(out, record.country);
}
void path_pattern(std::string& out, const Record& record) {
  add_text(out, record.behavior ? std::string_view(record.behavior->path_pattern) : std::string_view());
}
// CF: a header a line, and at most so many bytes of all.
void headers(std::string& out, const Record& record) {
  std::string lines;
  for (const http1::Field& field : record.fields)
    lines.append(field.name).append(":").append(field.value).append("\n");
  add_text(out, lines.substr(0, kRealtimeTextMax));
}
void header_names(std::string& out, const Record& record) {
  std::string lines;
  for (const http1::Field& field : record.fields) lines.append(field.name).append("\n");
  add_text(out, lines.substr(0, kRealtimeTextMax));
}
void header_count(std::string& out, const Record& record) {
  add_number(out, record.fields.size());
}
void origin_first_byte(std::string& out, const Record& record) {
  add_seconds(out, record.origin_first_byte);
}
void origin_last_byte(std::string& out, const Record& record) {
  add_seconds(out, record.origin_last_byte);
}
void unknown(std::string& out, const Record&) {
  out += '-';
}
void network(std::string& out, const Record& record) {
  if (record.network == 0)
    unknown(out, record);
  else
    add_number(out, record.network);
}

constexpr auto kStandard = std::to_array<Column>({
    {"date", date},
    {"time", time},
    {"x-edge-location", edge_location},
    {"sc-bytes", sent_bytes},
    {"c-ip", viewer_ip},
    {"cs-method", method},
    {"cs(Host)", domain_name},
    {"cs-uri-stem", uri_stem},
    {"sc-status", status},
    {"cs(Referer)", request_field<"referer">},
    {"cs(User-Agent)", request_field<"user-agent">},
    {"cs-uri-query", uri_query},
    {"cs(Cookie)", cookies_when_wanted},
    {"x-edge-result-type", result},
    {"x-edge-request-id", request_id},
    {"x-host-header", host_header},
    {"cs-protocol", protocol},
    {"cs-bytes", received_bytes},
    {"time-taken", time_taken},
    {"x-forwarded-for", request_field<"x-forwarded-for">},
    {"ssl-protocol", tls_version},
    {"ssl-cipher", tls_cipher},
    {"x-edge-response-result-type", response_result},
    {"cs-protocol-version", protocol_version},
    {"fle-status", unknown},
    {"fle-encrypted-fields", unknown},
    {"c-port", viewer_port},
    {"time-to-first-byte", time_to_first_byte},
    {"x-edge-detailed-result-type", detailed_result},
    {"sc-content-type", content_type},
    {"sc-content-len", content_length},
    {"sc-range-start", range_start},
    {"sc-range-end", range_end},
});

constexpr auto kRealtime = std::to_array<Column>({
    {"timestamp", timestamp},
    {"c-ip", viewer_ip},
    {"time-to-first-byte", time_to_first_byte},
    {"sc-status", status},
    {"sc-bytes", sent_bytes},
    {"cs-method", method},
    {"cs-protocol", protocol},
    {"cs-host", domain_name},
    {"cs-uri-stem", uri_stem_with_query},
    {"cs-bytes", received_bytes},
    {"x-edge-location", edge_location},
    {"x-edge-request-id", request_id},
    {"x-host-header", host_header},
    {"time-taken", time_taken},
    {"cs-protocol-version", protocol_version},
    {"c-ip-version", viewer_ip_version},
    {"cs-user-agent", request_field<"user-agent">},
    {"cs-referer", request_field<"referer">},
    {"cs-cookie", cookies_cut},
    {"cs-uri-query", uri_query},
    {"x-edge-response-result-type", response_result},
    {"x-forwarded-for", request_field<"x-forwarded-for">},
    {"ssl-protocol", tls_version},
    {"ssl-cipher", tls_cipher},
    {"x-edge-result-type", result},
    {"fle-encrypted-fields", unknown},
    {"fle-status", unknown},
    {"sc-content-type", content_type},
    {"sc-content-len", content_length},
    {"sc-range-start", range_start},
    {"sc-range-end", range_end},
    {"c-port", viewer_port},
    {"x-edge-detailed-result-type", detailed_result},
    {"c-country", country},
    {"cs-accept-encoding", request_field<"accept-encoding">},
    {"cs-accept", request_field<"accept">},
    {"cache-behavior-path-pattern", path_pattern},
    {"cs-headers", headers},
    {"cs-header-names", header_names},
    {"cs-headers-count", header_count},
    {"origin-fbl", origin_first_byte},
    {"origin-lbl", origin_last_byte},
    {"asn", network},
});

}  // namespace

std::span<const Column> standard_columns() {
  return kStandard;
}

const Column* find_realtime_column(std::string_view name) {
  const auto found = std::ranges::find(kRealtime, name, &Column::name);
  return found == kRealtime.end() ? nullptr : &*found;
}

}  // namespace meridian::engines::cdn::access_log
