// The key schedule of TLS 1.3 (RFC 8446 §7.1) as a provider of OpenSSL, in this process and for contexts that
// ask for it. Internal to net/.
#pragma once

namespace meridian::net {

// For SSL_CTX_new_ex: properties that prefer the provider where it has something; null when OpenSSL does not
// take it, and everything is its own.
const char* key_schedule_properties();

}  // namespace meridian::net
