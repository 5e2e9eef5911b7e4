// PEM texts that callers of ACM send: what is read as certificates or keys is described and written again,
// and reads back as the same.
#include "base/bytes.h"
#include "base/check.h"
#include "formats/x509/x509.h"

using namespace meridian;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text({data, size});
  if (const auto all = x509::Certificate::parse_all(text)) {
    for (const x509::Certificate& each : *all) {
      (void)each.facts();
      (void)each.is_version_3();
      (void)each.is_issued_by(all->front());
      const auto again = x509::Certificate::parse(each.pem());
      CHECK(again && *again == each);
    }
  }
  (void)x509::PrivateKey::is_encrypted(text);
  if (const auto key = x509::PrivateKey::parse(text)) {
    (void)key->algorithm();
    (void)key->bits();
  }
  (void)x509::public_key_algorithm(text);
  return 0;
}
