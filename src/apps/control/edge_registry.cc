#include "apps/control/edge_registry.h"

#include <fmt/format.h>

#include <algorithm>

#include "aws/sigv4_hash.h"
#include "snapshots/cdn/tier_map.h"

namespace meridian::apps {
namespace {

namespace feed = snapshots::feed;

std::int64_t to_seconds(SystemTime time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

std::vector<std::string> words_of(std::string_view line) {
  std::vector<std::string> words;
  while (!line.empty()) {
    const std::size_t end = std::min(line.find(' '), line.size());
    words.emplace_back(line.substr(0, end));
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return words;
}

std::optional<SystemTime> time_of(const std::string& word) {
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), seconds);
  if (error != std::errc() || end != word.data() + word.size() || seconds < 0 || seconds > 1ll << 33)
    return std::nullopt;
  return SystemTime(std::chrono::seconds(seconds));
}

// The file's text, made by `make` when there is none.
template <typename Make>
Result<std::string> read_or_make(Disk& disk, const std::string& path, Make&& make) {
  auto text = disk.read(path);
  if (text || text.error().code != ErrorCode::NotFound) return text;
  const std::string made = TRY(make());
  TRY(disk.replace(path, as_bytes(made)));
  return made;
}

Result<net::CertificateAndKey> open_authority(Disk& disk, const Clock& clock, const std::string& directory) {
  const std::string certificate_path = directory + "/ca.pem", key_path = directory + "/ca-key.pem";
  auto certificate = disk.read(certificate_path);
  if (certificate) return net::CertificateAndKey{*certificate, TRY(disk.read(key_path))};
  if (certificate.error().code != ErrorCode::NotFound) return std::unexpected(certificate.error());
  auto made = TRY(net::make_certificate_authority("Meridian control", clock.now(), kAuthorityLifetime));
  // The certificate last: a key without one is made anew.
  TRY(disk.replace(key_path, as_bytes(made.key_pem)));
  TRY(disk.replace(certificate_path, as_bytes(made.certificate_pem)));
  return made;
}

Result<std::string> open_token_key(Disk& disk, Random& random, const std::string& directory) {
  const std::string hex = TRY(read_or_make(disk, directory + "/token-key", [&]() -> Result<std::string> {
    std::array<std::uint8_t, kTokenKeySize> key;
    random.fill(key);
    return to_hex(key);
  }));
  auto key = from_hex(hex);
  if (!key || key->size() != kTokenKeySize)
    return fail(ErrorCode::Corrupt, directory + "/token-key is damaged", ErrorSource::Storage);
  return *std::move(key);
}

}  // namespace

Result<std::unique_ptr<EdgeRegistry>> EdgeRegistry::open(Disk& disk, const Clock& clock, Random& random,
                                                         std::string directory) {
  TRY(disk.make_directories(directory + "/removals"));
  std::unique_ptr<EdgeRegistry> registry(new EdgeRegistry(disk, clock, std::move(directory)));
  registry->authority_ = TRY(open_authority(disk, clock, registry->directory_));
  registry->token_key_ = TRY(open_token_key(disk, random, registry->directory_));
  TRY(registry->load());
  registry->refresh();
  return registry;
}

Result<void> EdgeRegistry::load() {
  const std::string path = directory_ + "/edges";
  auto text = disk_.read(path);
  if (!text && text.error().code == ErrorCode::NotFound) return {};
  if (!text) return std::unexpected(text.error());
  std::size_t number = 0;
  for (std::string_view rest = *text; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    ++number;
    const auto words = words_of(line);
    const auto time = words.size() >= 3 ? time_of(words[2]) : std::nullopt;
    if (time && words[0] == "edge" && words.size() >= 4 && feed::is_edge_name(words[1]))
      edges_[words[1]] = {{words.begin() + 3, words.end()}, *time};
    else if (time && words[0] == "used" && words.size() == 3)
      used_tokens_[words[1]] = *time;
    else
      return fail(ErrorCode::Corrupt, fmt::format("{}: line {} is damaged", path, number),
                  ErrorSource::Storage);
  }
  return {};
}

Result<void> EdgeRegistry::store() const {
  std::string text;
  for (const auto& [name, edge] : edges_)
    text += fmt::format("edge {} {} {}\n", name, to_seconds(edge.joined), fmt::join(edge.certificates, " "));
  for (const auto& [id, expires] : used_tokens_) text += fmt::format("used {} {}\n", id, to_seconds(expires));
  return disk_.replace(directory_ + "/edges", as_bytes(text));
}

Result<net::CertificateAndKey> EdgeRegistry::control_certificate() const {
  auto asked = TRY(net::make_certificate_request());
  net::CertificateTerms terms;
  terms.common_name = feed::kControlServerName;
  terms.names = {feed::kControlServerName};
  terms.for_server = true;
  terms.now = clock_.now();
  terms.lifetime = kAuthorityLifetime;
  const std::string certificate = TRY(net::sign_certificate_request(asked.request_pem, authority_, terms));
  // The authority goes along: a joining edge knows it by its fingerprint only.
  return net::CertificateAndKey{certificate + authority_.certificate_pem, asked.key_pem};
}

std::vector<std::string> EdgeRegistry::names() const {
  std::vector<std::string> out;
  for (const auto& [name, edge] : edges_) out.push_back(name);
  return out;
}

std::vector<std::string> EdgeRegistry::refresh() {
  const std::string folder = directory_ + "/removals";
  std::vector<std::string> removed;
  auto words = disk_.list(folder).value_or(std::vector<std::string>());
  std::erase_if(words, [](const std::string& name) { return !feed::is_edge_name(name); });  // being written
  if (words.empty()) return removed;
  for (const std::string& name : words)
    if (edges_.erase(name) > 0) removed.push_back(name);
  // The word goes when what it asks for is durable.
  if (store())
    for (const std::string& name : words) (void)disk_.remove(folder + "/" + name);
  return removed;
}

Result<void> EdgeRegistry::admit(const net::CertificateSummary& certificate) {
  const auto at = edges_.find(certificate.common_name);
  if (at == edges_.end() ||
      std::ranges::find(at->second.certificates, certificate.sha256) == at->second.certificates.end())
    return invalid("its certificate is not, or no longer, one of an edge of this control");
  if (certificate.expires <= clock_.now()) return invalid("its certificate has expired");
  EnrolledEdge& edge = at->second;
  if (edge.certificates.size() > 1 && edge.certificates.back() == certificate.sha256) {
    edge.certificates = {certificate.sha256};
    TRY(store());
  }
  return {};
}

Result<std::string> EdgeRegistry::sign(const std::string& name, const std::string& request_pem) const {
  net::CertificateTerms terms;
  terms.common_name = name;
  // Other edges ask it by that name, too.
  terms.names = {name + std::string(snapshots::cdn::kEdgeNameSuffix)};
  terms.for_client = terms.for_server = true;
  terms.now = clock_.now();
  terms.lifetime = kEdgeCertificateLifetime;
  return net::sign_certificate_request(request_pem, authority_, terms);
}

Result<feed::Certificate> EdgeRegistry::enrol(const feed::Enrol& enrol) {
  const auto read = TRY(feed::read_token(enrol.token));
  const SystemTime now = clock_.now();
  if (!equal_in_constant_time(aws::sigv4::hmac_sha256(token_key_, read.sealed_part), read.seal))
    return invalid("this token is not from this control");
  if (read.token.expires <= now) return invalid("this token has expired");
  const std::string id = to_hex(as_bytes(read.token.id));
  if (used_tokens_.contains(id)) return invalid("this token was used before");
  const std::string& name = read.token.name;
  std::erase_if(used_tokens_, [&](const auto& used) { return used.second <= now; });
  if (used_tokens_.size() >= kUsedTokensMax)
    return fail(ErrorCode::Limit, "too many tokens were used lately");
  if (!edges_.contains(name) && edges_.size() >= kEdgesMax)
    return fail(ErrorCode::Limit, fmt::format("there are {} edges already", kEdgesMax));

  const std::string certificate = TRY(sign(name, enrol.request_pem));
  used_tokens_[id] = read.token.expires;
  // A machine that is set up anew under its old name: what it had before is no longer good.
  edges_[name] = {{TRY(net::read_certificate(certificate)).sha256}, now};
  TRY(store());
  return feed::Certificate{name, certificate, authority_.certificate_pem};
}

Result<feed::Certificate> EdgeRegistry::renew(const net::CertificateSummary& certificate,
                                              const feed::Renew& renew) {
  TRY(admit(certificate));
  const std::string& name = certificate.common_name;
  const std::string renewed = TRY(sign(name, renew.request_pem));
  // Both are good until the new one is shown: the reply may be lost.
  edges_[name].certificates = {certificate.sha256, TRY(net::read_certificate(renewed)).sha256};
  TRY(store());
  return feed::Certificate{name, renewed, authority_.certificate_pem};
}

Result<std::string> make_edge_token(Disk& disk, const Clock& clock, Random& random,
                                    const std::string& directory, const TokenTerms& terms) {
  if (terms.valid <= Duration::zero() || terms.valid > kTokenLifetimeMax)
    return invalid("a token is valid for at most 30 days");
  if (!terms.name.empty() && !feed::is_edge_name(terms.name))
    return invalid(
        fmt::format("'{}' is not a name of an edge: lower-case letters, digits and hyphens", terms.name));
  if (terms.feed_address.size() > feed::kFeedAddressSizeMax ||
      terms.feed_address.find(':') == std::string::npos)
    return invalid(fmt::format("'{}' is not HOST:PORT", terms.feed_address));
  TRY(disk.make_directories(directory));
  const auto authority = TRY(open_authority(disk, clock, directory));
  const std::string key = TRY(open_token_key(disk, random, directory));

  feed::EdgeToken token;
  std::array<std::uint8_t, 16> id;
  random.fill(id);
  token.id = as_text(id);
  token.expires = std::chrono::ceil<std::chrono::seconds>(clock.now() + terms.valid);
  token.authority_sha256 = TRY(net::read_certificate(authority.certificate_pem)).sha256;
  token.feed_address = terms.feed_address;
  token.name = terms.name.empty() ? "edge-" + to_hex(Bytes(id).first(4)) : terms.name;
  return feed::write_token(token, aws::sigv4::hmac_sha256(key, feed::sealed_part(token)));
}

Result<void> remove_edge(Disk& disk, const std::string& directory, const std::string& name) {
  const auto text = disk.read(directory + "/edges");
  if (!feed::is_edge_name(name) || !text || ("\n" + *text).find("\nedge " + name + " ") == std::string::npos)
    return fail(ErrorCode::NotFound, fmt::format("there is no edge '{}' here", name), ErrorSource::Caller);
  TRY(disk.make_directories(directory + "/removals"));
  return disk.replace(directory + "/removals/" + name, {});
}

}  // namespace meridian::apps
