// TLS server sessions over OpenSSL 3: TLS 1.2 and 1.3, forward-secret AEAD suites only, session tickets,
// ALPN http/1.1. The only file of net/ besides certificate.cc that knows OpenSSL.
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "net/openssl_handles.h"
#include "net/wire.h"

namespace meridian::net {
namespace {

std::string openssl_failure() {
  const unsigned long code = ERR_get_error();
  if (code == 0) return "connection failed";
  char text[256];
  ERR_error_string_n(code, text, sizeof text);
  ERR_clear_error();
  return text;
}

class OpensslServerContext final : public TlsServerContext {
 public:
  explicit OpensslServerContext(OpensslHandle<SSL_CTX> context) : context_(std::move(context)) {}
  SSL_CTX* get() const { return context_.get(); }

 private:
  OpensslHandle<SSL_CTX> context_;
};

class OpensslSession final : public TlsSession {
 public:
  explicit OpensslSession(OpensslHandle<SSL> ssl) : ssl_(std::move(ssl)) {}

  IoResult handshake() override { return finish(SSL_do_handshake(ssl_.get())); }
  IoResult read(MutableBytes into) override {
    return finish(SSL_read(ssl_.get(), into.data(), static_cast<int>(into.size())));
  }
  IoResult write(Bytes bytes) override {
    return finish(SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())));
  }
  void send_close() override {
    SSL_shutdown(ssl_.get());
    ERR_clear_error();
  }
  bool wants_write() const override { return wants_write_; }
  bool holds_input() const override { return SSL_has_pending(ssl_.get()) == 1 && !starved_; }
  std::string_view server_name() const override {
    const char* name = SSL_get_servername(ssl_.get(), TLSEXT_NAMETYPE_host_name);
    return name != nullptr ? name : "";
  }
  std::string failure() const override { return failure_; }

 private:
  IoResult finish(int result) {
    wants_write_ = starved_ = false;
    if (result > 0) return {IoStatus::Done, static_cast<std::size_t>(result)};
    switch (SSL_get_error(ssl_.get(), result)) {
      case SSL_ERROR_WANT_READ:
        starved_ = true;  // what is held is part of a record only
        return {IoStatus::Blocked};
      case SSL_ERROR_WANT_WRITE:
        wants_write_ = true;
        return {IoStatus::Blocked};
      case SSL_ERROR_ZERO_RETURN:
        return {IoStatus::Ended};
      default:
        failure_ = openssl_failure();
        return {IoStatus::Failed};
    }
  }

  OpensslHandle<SSL> ssl_;
  bool wants_write_ = false;
  bool starved_ = false;
  std::string failure_;
};

// RFC 7301 §3.2: a client that offers only what we do not speak is refused rather than surprised.
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* chosen_size,
                    const unsigned char* offered, unsigned offered_size, void*) {
  static constexpr unsigned char kHttp11[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  unsigned char* selected = nullptr;
  if (SSL_select_next_proto(&selected, chosen_size, kHttp11, sizeof kHttp11, offered, offered_size) !=
      OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  *chosen = selected;
  return SSL_TLSEXT_ERR_OK;
}

Result<void> use_certificates(SSL_CTX* context, std::string_view certificate_pem, std::string_view key_pem) {
  OpensslHandle<BIO> chain(BIO_new_mem_buf(certificate_pem.data(), static_cast<int>(certificate_pem.size())));
  OpensslHandle<X509> certificate(PEM_read_bio_X509(chain.get(), nullptr, nullptr, nullptr));
  if (!certificate || SSL_CTX_use_certificate(context, certificate.get()) != 1)
    return invalid("TLS certificate: " + openssl_failure());
  while (OpensslHandle<X509> next{PEM_read_bio_X509(chain.get(), nullptr, nullptr, nullptr)}) {
    if (SSL_CTX_add1_chain_cert(context, next.get()) != 1)
      return invalid("TLS certificate chain: " + openssl_failure());
  }
  ERR_clear_error();  // the end of the chain counts as an error there
  OpensslHandle<BIO> key_bytes(BIO_new_mem_buf(key_pem.data(), static_cast<int>(key_pem.size())));
  OpensslHandle<EVP_PKEY> key(PEM_read_bio_PrivateKey(key_bytes.get(), nullptr, nullptr, nullptr));
  if (!key || SSL_CTX_use_PrivateKey(context, key.get()) != 1 || SSL_CTX_check_private_key(context) != 1)
    return invalid("TLS key: " + openssl_failure());
  return {};
}

}  // namespace

Result<std::shared_ptr<TlsServerContext>> make_tls_server_context(std::string_view certificate_pem,
                                                                  std::string_view key_pem) {
  OpensslHandle<SSL_CTX> context(SSL_CTX_new(TLS_server_method()));
  if (!context) return fail(ErrorCode::Internal, "TLS context: " + openssl_failure());
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(context.get(), "ECDHE+AESGCM:ECDHE+CHACHA20");
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                         SSL_OP_PRIORITIZE_CHACHA | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                      SSL_MODE_RELEASE_BUFFERS);
  static constexpr unsigned char kSessionContext[] = "meridian";
  SSL_CTX_set_session_id_context(context.get(), kSessionContext, sizeof kSessionContext - 1);
  SSL_CTX_set_session_cache_mode(context.get(),
                                 SSL_SESS_CACHE_OFF);  // tickets only: the server keeps nothing
  SSL_CTX_set_alpn_select_cb(context.get(), choose_protocol, nullptr);
  TRY(use_certificates(context.get(), certificate_pem, key_pem));
  return std::make_shared<OpensslServerContext>(std::move(context));
}

Result<std::unique_ptr<TlsSession>> accept_tls(TlsServerContext& context, int descriptor) {
  OpensslHandle<SSL> ssl(SSL_new(static_cast<OpensslServerContext&>(context).get()));
  if (!ssl || SSL_set_fd(ssl.get(), descriptor) != 1)
    return fail(ErrorCode::Internal, "TLS session: " + openssl_failure());
  SSL_set_accept_state(ssl.get());
  return std::make_unique<OpensslSession>(std::move(ssl));
}

}  // namespace meridian::net
