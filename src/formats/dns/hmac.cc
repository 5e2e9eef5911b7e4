#include "formats/dns/hmac.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace meridian::dns {
namespace {

const EVP_MD* digest_of(HmacHash hash) {
  switch (hash) {
    case HmacHash::Sha1:
      return EVP_sha1();
    case HmacHash::Sha256:
      return EVP_sha256();
    case HmacHash::Sha384:
      return EVP_sha384();
    case HmacHash::Sha512:
      return EVP_sha512();
  }
  return EVP_sha256();
}

}  // namespace

std::size_t hmac_size(HmacHash hash) {
  return static_cast<std::size_t>(EVP_MD_get_size(digest_of(hash)));
}

std::string hmac(HmacHash hash, std::string_view key, std::string_view bytes) {
  std::string out(hmac_size(hash), '\0');
  unsigned size = 0;
  HMAC(digest_of(hash), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
       reinterpret_cast<unsigned char*>(out.data()), &size);
  return out;
}

}  // namespace meridian::dns
