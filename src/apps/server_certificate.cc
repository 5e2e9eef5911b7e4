#include "apps/server_certificate.h"

namespace meridian::apps {

Result<std::unique_ptr<ServerCertificate>> ServerCertificate::open(Disk& disk, const Clock& clock,
                                                                   CertificateFiles files,
                                                                   std::vector<std::string> protocols) {
  const auto there = disk.read(files.certificate);
  if (!there && there.error().code == ErrorCode::NotFound && !files.make_for.empty()) {
    const auto made = TRY(net::make_self_signed_certificate(files.make_for, clock.now()));
    // The key first: the certificate's presence says that both are whole.
    TRY(disk.replace(files.key, as_bytes(made.key_pem)));
    TRY(disk.replace(files.certificate, as_bytes(made.certificate_pem)));
  }
  std::unique_ptr<ServerCertificate> opened(
      new ServerCertificate(disk, std::move(files), std::move(protocols)));
  TRY(opened->refresh());
  return opened;
}

Result<bool> ServerCertificate::refresh() {
  net::CertificateAndKey read;
  read.certificate_pem = TRY(disk_.read(files_.certificate));
  read.key_pem = TRY(disk_.read(files_.key));
  if (read.certificate_pem == now_served_.certificate_pem && read.key_pem == now_served_.key_pem)
    return false;
  auto summary = net::read_certificate(read.certificate_pem);
  if (!summary) return invalid(files_.certificate + ": " + summary.error().message);
  auto context = net::make_tls_server_context(
      {.certificate_pem = read.certificate_pem, .key_pem = read.key_pem, .protocols = protocols_});
  if (!context) return invalid(files_.certificate + ", " + files_.key + ": " + context.error().message);
  summary_ = std::move(*summary);
  context_ = std::move(*context);
  now_served_ = std::move(read);
  return true;
}

Result<std::unique_ptr<ServerCertificate>> open_dns_certificate(const DnsTlsOptions& options,
                                                                const std::string& data_dir, Disk& disk,
                                                                const Clock& clock) {
  if (options.certificate.empty() != options.key.empty())
    return invalid("--dns-tls-certificate and --dns-tls-key go together");
  CertificateFiles files{options.certificate, options.key, {}};
  if (files.certificate.empty()) {
    files = {data_dir + "/dns-certificate.pem", data_dir + "/dns-key.pem", {"localhost", "127.0.0.1", "::1"}};
    for (const std::string& text : options.addresses) {
      const std::string ip = TRY(net::Address::parse(text)).ip.to_string();
      if (ip != "0.0.0.0" && ip != "::" && std::ranges::find(files.make_for, ip) == files.make_for.end())
        files.make_for.push_back(ip);
    }
  }
  return ServerCertificate::open(disk, clock, std::move(files), {"dot"});
}

CertificateWatch::CertificateWatch(net::Loop& loop, ServerCertificate& certificate, Logger& logger,
                                   Metrics& metrics, Replace replace)
    : loop_(loop),
      certificate_(certificate),
      logger_(logger),
      expires_(metrics.gauge("meridian_dns_certificate_expiry_seconds",
                             "When the certificate of DNS over TLS expires, in Unix time.")),
      replace_(std::move(replace)),
      timer_(loop_.after(kPeriod, [this] { look(); })) {
  tell_expiry();
}

void CertificateWatch::look() {
  timer_ = loop_.after(kPeriod, [this] { look(); });
  const auto changed = certificate_.refresh();
  // Two files are seldom replaced in one moment: what does not fit yet is served by the old ones.
  const std::string failure = changed ? "" : changed.error().message;
  if (!failure.empty() && failure != last_failure_)
    logger_.warn("dns", "the certificate on disk cannot be used; the last good one is", {{"why", failure}});
  last_failure_ = failure;
  if (!changed || !*changed) return;
  replace_(certificate_.context());
  tell_expiry();
  logger_.info("dns", "new certificate",
               {{"name", certificate_.summary().common_name},
                {"expires", format_iso8601(certificate_.summary().expires)}});
}

void CertificateWatch::tell_expiry() {
  const auto expires = certificate_.summary().expires.time_since_epoch();
  expires_.set(std::chrono::duration<double>(expires).count());
}

}  // namespace meridian::apps
