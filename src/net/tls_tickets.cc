#include "net/tls_tickets.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <algorithm>

namespace meridian::net {
namespace {

int refuse_ticket() {
  return 0;  // OpenSSL goes on with a whole handshake
}

bool prepare_mac(EVP_MAC_CTX* mac, TicketKey& key) {
  char digest[] = "SHA256";
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key.mac.data(), key.mac.size()),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_construct_end()};
  return EVP_MAC_CTX_set_params(mac, parameters) == 1;
}

int use_key(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac,
            int seals) {
  const auto& keys = *static_cast<const TicketKeys*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
  if (seals != 0) {
    auto key = keys.newest();
    if (!key || RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) != 1) return refuse_ticket();
    std::ranges::copy(key->name, name);
    const bool ready = EVP_EncryptInit_ex(cipher, EVP_aes_256_cbc(), nullptr, key->cipher.data(), iv) == 1 &&
                       prepare_mac(mac, *key);
    OPENSSL_cleanse(&*key, sizeof *key);
    return ready ? 1 : -1;
  }
  std::uint8_t asked[16];
  std::copy_n(name, sizeof asked, asked);
  auto found = keys.find(asked);
  if (!found) return refuse_ticket();
  const bool ready =
      EVP_DecryptInit_ex(cipher, EVP_aes_256_cbc(), nullptr, found->key.cipher.data(), iv) == 1 &&
      prepare_mac(mac, found->key);
  OPENSSL_cleanse(&found->key, sizeof found->key);
  if (!ready) return -1;
  return found->newest ? 1 : 2;  // 2: another ticket is sent
}

}  // namespace

bool TicketKeys::make_newest(SystemTime now) {
  TicketKey key;
  if (RAND_bytes(key.name.data(), static_cast<int>(key.name.size())) != 1 ||
      RAND_priv_bytes(key.cipher.data(), static_cast<int>(key.cipher.size())) != 1 ||
      RAND_priv_bytes(key.mac.data(), static_cast<int>(key.mac.size())) != 1) {
    newest_.reset();
    return false;
  }
  newest_ = key;
  made_ = now;
  next_ = (now + kTicketKeyTime).time_since_epoch().count();
  OPENSSL_cleanse(&key, sizeof key);
  return true;
}

bool TicketKeys::advance(SystemTime now) {
  if (now.time_since_epoch().count() < next_.load(std::memory_order_relaxed)) return true;
  const std::lock_guard lock(mutex_);
  if (newest_ && now < made_ + kTicketKeyTime) return true;
  // Nobody was here for so long that the older key's time is over, too.
  if (newest_ && now >= made_ + 2 * kTicketKeyTime) newest_.reset();
  older_ = newest_;
  return make_newest(now);
}

std::optional<TicketKey> TicketKeys::newest() const {
  const std::lock_guard lock(mutex_);
  return newest_;
}

std::optional<TicketKeys::Found> TicketKeys::find(const std::uint8_t (&name)[16]) const {
  const std::lock_guard lock(mutex_);
  if (newest_ && std::ranges::equal(newest_->name, name)) return Found{*newest_, true};
  if (older_ && std::ranges::equal(older_->name, name)) return Found{*older_, false};
  return std::nullopt;
}

void seal_tickets_with(SSL_CTX* context, TicketKeys& keys) {
  SSL_CTX_set_app_data(context, &keys);
  SSL_CTX_set_tlsext_ticket_key_evp_cb(context, use_key);
}

}  // namespace meridian::net
