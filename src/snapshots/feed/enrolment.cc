#include "snapshots/feed/enrolment.h"

#include <algorithm>

namespace meridian::snapshots::feed {
namespace {

constexpr std::string_view kPrefix = "meridian-edge-1.";
constexpr std::size_t kIdSize = 16, kHashSize = 32, kSealSize = 32;

// base64url without padding (RFC 4648 §5): a token is pasted into shells and passed in URLs.
std::string to_base64url(std::string_view bytes) {
  std::string text = to_base64(as_bytes(bytes));
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  text.erase(text.find_last_not_of('=') + 1);
  return text;
}

std::optional<std::string> from_base64url(std::string_view text) {
  std::string standard(text);
  if (standard.find_first_of("+/=") != std::string::npos) return std::nullopt;
  std::ranges::replace(standard, '-', '+');
  std::ranges::replace(standard, '_', '/');
  standard.append((4 - standard.size() % 4) % 4, '=');
  return from_base64(standard);
}

}  // namespace

std::string sealed_part(const EdgeToken& token) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(token.expires.time_since_epoch());
  std::string out = token.id;
  append_u64(out, static_cast<std::uint64_t>(seconds.count()));
  out += from_hex(token.authority_sha256).value_or("");
  append_sized(out, token.feed_address);
  append_sized(out, token.name);
  return out;
}

std::string write_token(const EdgeToken& token, std::string_view seal) {
  return std::string(kPrefix) + to_base64url(sealed_part(token) + std::string(seal));
}

Result<ReadToken> read_token(std::string_view text) {
  const auto refuse = [] { return invalid("this is not a token of `meridian edges token`"); };
  if (text.size() > kTokenSizeMax || !text.starts_with(kPrefix)) return refuse();
  const auto bytes = from_base64url(text.substr(kPrefix.size()));
  if (!bytes || bytes->size() < kSealSize) return refuse();

  ReadToken read;
  read.sealed_part = bytes->substr(0, bytes->size() - kSealSize);
  read.seal = bytes->substr(bytes->size() - kSealSize);
  ByteReader in(read.sealed_part);
  read.token.id = as_text(in.take(kIdSize));
  const std::uint64_t seconds = in.u64();
  read.token.authority_sha256 = to_hex(in.take(kHashSize));
  read.token.feed_address = in.sized();
  read.token.name = in.sized();
  constexpr auto kSecondsMax = std::chrono::duration_cast<std::chrono::seconds>(Duration::max()).count();
  if (!in.ok() || !in.at_end() || seconds > static_cast<std::uint64_t>(kSecondsMax) ||
      read.token.feed_address.size() > kFeedAddressSizeMax || !is_edge_name(read.token.name))
    return refuse();
  read.token.expires = SystemTime(std::chrono::seconds(seconds));
  return read;
}

EnrolClient::EnrolClient(std::unique_ptr<net::TcpConnection> connection, const Enrol& enrol,
                         std::function<void(Result<Certificate>)> done)
    : connection_(std::move(connection)), done_(std::move(done)) {
  connection_->start(*this);
  connection_->write(encode(enrol));
}

void EnrolClient::on_data(net::TcpConnection&, Bytes data) {
  reader_.add(data);
  auto frame = reader_.next();
  if (!frame) return finish(std::unexpected(frame.error()));
  if (!*frame) return;
  if (auto* certificate = std::get_if<Certificate>(&**frame)) return finish(std::move(*certificate));
  const auto* farewell = std::get_if<Farewell>(&**frame);
  finish(fail(ErrorCode::Unavailable,
              "the control says: " + (farewell ? farewell->reason : "something else than was asked"),
              ErrorSource::Peer));
}

void EnrolClient::on_closed(net::TcpConnection&, const Error* why) {
  finish(fail(ErrorCode::Unavailable, why ? why->message : "the control closed the connection",
              ErrorSource::Peer));
}

void EnrolClient::finish(Result<Certificate> result) {
  connection_.reset();
  const auto done = std::move(done_);
  done(std::move(result));
}

}  // namespace meridian::snapshots::feed
