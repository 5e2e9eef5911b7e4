#include <fmt/format.h>

#include <optional>

#include "apps/edge/dial.h"
#include "apps/edge/edge.h"
#include "apps/edge/edge_files.h"
#include "net/certificate.h"
#include "snapshots/feed/enrolment.h"

namespace meridian::apps {
namespace {

namespace feed = snapshots::feed;

constexpr Duration kJoinTimeMax = std::chrono::seconds(20);

// The whole exchange, on a loop of its own.
Result<feed::Certificate> enrol(const feed::EdgeToken& token, const feed::Enrol& request) {
  net::TlsClientOptions tls;
  tls.pinned_sha256 = token.authority_sha256;
  tls.server_name = feed::kControlServerName;
  auto context = net::make_tls_client_context(tls);
  const auto loop = net::make_loop();
  std::optional<Result<feed::Certificate>> result;
  const auto finish = [&](Result<feed::Certificate> got) {
    if (!result) result = std::move(got);
    loop->stop();
  };
  std::unique_ptr<feed::EnrolClient> client;
  const auto attempt = dial(*loop, token.feed_address, std::move(context),
                            [&](Result<std::unique_ptr<net::TcpConnection>> made) {
                              if (!made) return finish(std::unexpected(made.error()));
                              client = std::make_unique<feed::EnrolClient>(*std::move(made), request, finish);
                            });
  const auto deadline = loop->after(
      kJoinTimeMax, [&] { finish(fail(ErrorCode::Unavailable, "no answer came", ErrorSource::Peer)); });
  loop->run();
  client.reset();
  return *std::move(result);
}

Result<EdgeIdentity> join(const EdgeJoinOptions& options, const Clock& clock, Disk& disk) {
  const auto read = TRY(feed::read_token(options.token));
  if (read.token.expires <= clock.now()) return invalid("this token has expired");
  if (auto before = read_identity(disk, options.data_dir); before && !options.again)
    return fail(ErrorCode::Exists, fmt::format("{} is edge '{}' of {} already; --again joins anew",
                                               options.data_dir, before->name, before->control));
  const auto asked = TRY(net::make_certificate_request());
  auto certificate = enrol(read.token, {options.token, asked.request_pem});
  if (!certificate)
    return fail(certificate.error().code,
                fmt::format("{}: {}", read.token.feed_address, certificate.error().message));
  const auto authority = TRY(net::read_certificate(certificate->authority_pem));
  if (authority.sha256 != read.token.authority_sha256)
    return fail(ErrorCode::Invalid, "the control sent another authority than its token names",
                ErrorSource::Peer);
  EdgeIdentity identity{read.token.feed_address, certificate->name, certificate->authority_pem,
                        certificate->certificate_pem, asked.key_pem};
  TRY(write_identity(disk, options.data_dir, identity));
  return identity;
}

}  // namespace

int edge_join(const EdgeJoinOptions& options, const Clock& clock, Disk& disk) {
  const auto identity = join(options, clock, disk);
  if (!identity) {
    fmt::print(stderr, "meridian: {}\n", identity.error().message);
    return 1;
  }
  fmt::print("This is edge '{}' of {} now. Start it:\n\n  meridian edge --data-dir {}\n", identity->name,
             identity->control, options.data_dir);
  return 0;
}

}  // namespace meridian::apps
