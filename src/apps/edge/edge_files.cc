#include "apps/edge/edge_files.h"

#include "net/certificate.h"
#include "snapshots/feed/enrolment.h"

namespace meridian::apps {
namespace {

constexpr std::string_view kHead = "meridian edge identity 1";
// A third of what the control gives: it may be gone for a month without an edge losing its certificate.
constexpr Duration kRenewBefore = std::chrono::hours(24) * 30;

std::string path_of(const std::string& data_dir) {
  return data_dir + "/feed/identity";
}

std::string_view take_line(std::string_view& text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(line.size() + 1, text.size()));
  return line;
}

// One PEM block, with its lines.
std::string take_block(std::string_view& text) {
  std::string block;
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    block += std::string(line) + "\n";
    if (line.starts_with("-----END ")) break;
  }
  return block;
}

}  // namespace

Result<EdgeIdentity> read_identity(Disk& disk, const std::string& data_dir) {
  const std::string text = TRY(disk.read(path_of(data_dir)));
  std::string_view rest = text;
  EdgeIdentity identity;
  const bool known = take_line(rest) == kHead;
  identity.control = take_line(rest);
  identity.name = take_line(rest);
  identity.authority_pem = take_block(rest);
  identity.certificate_pem = take_block(rest);
  identity.key_pem = take_block(rest);
  if (!known || !snapshots::feed::is_edge_name(identity.name) || identity.key_pem.empty())
    return fail(ErrorCode::Corrupt, path_of(data_dir) + " is damaged; join again with a new token",
                ErrorSource::Storage);
  return identity;
}

Result<void> write_identity(Disk& disk, const std::string& data_dir, const EdgeIdentity& identity) {
  std::string text = std::string(kHead) + "\n" + identity.control + "\n" + identity.name + "\n";
  text += identity.authority_pem + identity.certificate_pem + identity.key_pem;
  TRY(disk.make_directories(data_dir + "/feed"));
  return disk.replace(path_of(data_dir), as_bytes(text));
}

EdgeFiles::EdgeFiles(Disk& disk, const Clock& clock, Metrics& metrics, std::string data_dir)
    : disk_(disk),
      clock_(clock),
      data_dir_(std::move(data_dir)),
      expiry_(metrics.gauge("meridian_feed_certificate_expiry_seconds",
                            "When the certificate of this edge ends, in seconds since 1970.")) {}

Result<std::unique_ptr<EdgeFiles>> EdgeFiles::open(Disk& disk, const Clock& clock, Metrics& metrics,
                                                   std::string data_dir) {
  std::unique_ptr<EdgeFiles> files(new EdgeFiles(disk, clock, metrics, std::move(data_dir)));
  auto identity = read_identity(disk, files->data_dir_);
  if (!identity && identity.error().code == ErrorCode::NotFound)
    return fail(
        ErrorCode::NotFound,
        "this edge has not joined a control: `meridian edges token` there, then `meridian edge join TOKEN` "
        "here",
        ErrorSource::Caller);
  TRY(files->take(TRY(std::move(identity))));
  return files;
}

Result<void> EdgeFiles::take(EdgeIdentity identity) {
  const net::CertificateSummary certificate = TRY(net::read_certificate(identity.certificate_pem));
  TRY(context(identity));
  expires_ = certificate.expires;
  for_server_ = certificate.for_server;
  // Other threads read the names, which stay.
  if (identity_.name.empty()) identity_ = identity;
  identity_.certificate_pem = std::move(identity.certificate_pem);
  identity_.key_pem = std::move(identity.key_pem);
  expiry_.set(std::chrono::duration<double>(expires_.time_since_epoch()).count());
  return {};
}

Result<std::shared_ptr<net::TlsClientContext>> EdgeFiles::context(const EdgeIdentity& identity) {
  net::TlsClientOptions tls;
  tls.ca_pem = identity.authority_pem;
  tls.server_name = snapshots::feed::kControlServerName;
  tls.certificate_pem = identity.certificate_pem;
  tls.key_pem = identity.key_pem;
  return net::make_tls_client_context(tls);
}

std::optional<std::string> EdgeFiles::renewal_request() {
  // Controls of before gave certificates that no other edge may be shown.
  if (for_server_ && clock_.now() + kRenewBefore < expires_) return std::nullopt;
  auto request = net::make_certificate_request();
  if (!request) return std::nullopt;
  asked_key_pem_ = request->key_pem;
  return request->request_pem;
}

Result<void> EdgeFiles::renew(const snapshots::feed::Certificate& certificate) {
  if (asked_key_pem_.empty() || certificate.name != identity_.name)
    return fail(ErrorCode::Invalid, "a certificate that was not asked for", ErrorSource::Peer);
  EdgeIdentity renewed = identity_;
  renewed.certificate_pem = certificate.certificate_pem;
  renewed.key_pem = asked_key_pem_;
  TRY(context(renewed));
  TRY(write_identity(disk_, data_dir_, renewed));
  asked_key_pem_.clear();
  TRY(take(std::move(renewed)));
  if (on_renewed_) on_renewed_(identity_);
  return {};
}

}  // namespace meridian::apps
