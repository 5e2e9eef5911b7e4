// A certificate request comes from whoever holds an enrolment token: reading and signing it must never fail
// other than by refusing. The same bytes are read as a certificate, which peers may send too.
#include "base/check.h"
#include "net/certificate.h"

using namespace meridian;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const SystemTime kNow{std::chrono::sys_days(std::chrono::year(2026) / 11 / 21)};
  static const auto kAuthority = *net::make_certificate_authority("Fuzz", kNow, std::chrono::hours(24));
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  net::CertificateTerms terms;
  terms.common_name = "edge";
  terms.for_client = true;
  terms.now = kNow;
  terms.lifetime = std::chrono::hours(1);
  if (const auto made = net::sign_certificate_request(text, kAuthority, terms))
    CHECK(net::read_certificate(*made)->common_name == "edge");
  if (const auto read = net::read_certificate(text)) CHECK(read->sha256.size() == 64);
  return 0;
}
