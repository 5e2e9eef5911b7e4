// TLS sessions over OpenSSL 3, of servers and of clients: TLS 1.2 and 1.3, forward-secret AEAD suites only.
// OpenSSL is also known to certificate.cc, certificate_table.cc, tls_key_schedule.cc, tls_socket.cc and
// tls_tickets.cc, and to nothing else of net/. Rule: a session that tells who its peer is was never resumed,
// so that the certificate was judged just now.
#include "net/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/check.h"
#include "net/openssl_handles.h"
#include "net/tls_key_schedule.h"
#include "net/tls_socket.h"
#include "net/tls_tickets.h"
#include "net/wire.h"

namespace meridian::net {
namespace {

constexpr std::size_t kProtocolBytesMax = 255;  // RFC 7301 §3.1
constexpr std::size_t kTicketsAHandshake = 1;   // each resumption brings another
// OpenSSL would rather have AES-256 with SHA-384, whose key schedule costs a tenth of a handshake.
constexpr const char* kServerSuites =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";

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
  TicketKeys tickets;
  OpensslHandle<SSL_CTX> ssl;
  std::string protocols;  // as on the wire
  std::shared_ptr<PublishedCertificates> certificates;
};

class OpensslClientContext final : public TlsClientContext {
 public:
  OpensslHandle<SSL_CTX> ssl;
  std::string pinned_sha256, server_name;
  bool name_is_address = false, verifies = true;
};

class OpensslSession final : public TlsSession {
 public:
  // `context` is what callbacks of `ssl` look into.
  OpensslSession(OpensslHandle<SSL> ssl, std::shared_ptr<const void> context, int descriptor)
      : context_(std::move(context)), socket_(descriptor), ssl_(std::move(ssl)) {}
  bool serve_socket() { return socket_.serve(ssl_.get()); }

  IoResult handshake() override {
    if (const IoResult sent = flush(); sent.status != IoStatus::Done) return sent;
    socket_.look_again();
    const IoResult result = finish(SSL_do_handshake(ssl_.get()));
    if (result.status != IoStatus::Done) return settle(result);
    if (X509* const shown = SSL_get0_peer_certificate(ssl_.get())) {
      peer_ = summarize(*shown);
      const std::string sni(server_name());
      peer_->for_sni = !sni.empty() && X509_check_host(shown, sni.c_str(), 0, 0, nullptr) == 1;
    }
    // All that a server says last is a ticket (RFC 8446 §4.6.1), for which nobody waits.
    if (SSL_is_server(ssl_.get()) == 1 && SSL_version(ssl_.get()) == TLS1_3_VERSION)
      socket_.hold();
    else
      socket_.send();
    return result;
  }
  bool established() const override { return SSL_is_init_finished(ssl_.get()) == 1; }
  IoResult read(MutableBytes into) override {
    socket_.look_again();
    return settle(finish(SSL_read(ssl_.get(), into.data(), static_cast<int>(into.size()))));
  }
  IoResult write(std::span<const Bytes> pieces) override {
    if (const IoResult sent = flush(); sent.status != IoStatus::Done) return sent;
    std::size_t written = 0;
    for (const Bytes& piece : pieces)
      for (std::size_t at = 0; at < piece.size();) {
        const IoResult record =
            finish(SSL_write(ssl_.get(), piece.data() + at, static_cast<int>(piece.size() - at)));
        if (record.status != IoStatus::Done) return {settle(record).status, written};
        at += record.size;
        written += record.size;
      }
    return {flush().status, written};
  }
  IoResult flush() override {
    const IoStatus status = socket_.send();
    if (status == IoStatus::Failed) failure_ = system_error("connection", socket_.error()).message;
    return {status};
  }
  std::size_t unsent() const override { return socket_.kept(); }
  void send_close() override {
    SSL_shutdown(ssl_.get());
    ERR_clear_error();
    socket_.send(MSG_MORE);
  }
  bool wants_write() const override { return wants_write_ || unsent() > 0; }
  bool holds_input() const override { return SSL_has_pending(ssl_.get()) == 1 && !starved_; }
  std::string_view server_name() const override {
    const char* name = SSL_get_servername(ssl_.get(), TLSEXT_NAMETYPE_host_name);
    return name != nullptr ? name : "";
  }
  const CertificateSummary* peer_certificate() const override { return peer_ ? &*peer_ : nullptr; }
  TlsFacts facts() const override {
    if (!established()) return {};
    return {SSL_get_version(ssl_.get()), SSL_get_cipher_name(ssl_.get()),
            SSL_session_reused(ssl_.get()) == 1};
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
        if (socket_.error() != 0) failure_ = system_error("connection", socket_.error()).message;
        if (const long verdict = SSL_get_verify_result(ssl_.get()); verdict != X509_V_OK)
          failure_ += std::string(": ") + X509_verify_cert_error_string(verdict);
        return {IoStatus::Failed};
    }
  }

  // Alerts and answers of the protocol's own leave with the call that made them, whatever it came to. What a
  // writing left is for flush() to send: whoever waits for that has to hear of it.
  IoResult settle(IoResult result) {
    if (socket_.kept() == 0) socket_.send();
    return result;
  }

  std::shared_ptr<const void> context_;
  TlsSocket socket_;
  OpensslHandle<SSL> ssl_;
  std::optional<CertificateSummary> peer_;
  bool wants_write_ = false;
  bool starved_ = false;
  std::string failure_;
};

Result<std::string> protocols_on_the_wire(const std::vector<std::string>& protocols) {
  std::string wire;
  for (const std::string& protocol : protocols) {
    if (protocol.empty() || protocol.size() > kProtocolBytesMax) return invalid("ALPN: not a protocol name");
    wire += static_cast<char>(protocol.size());
    wire += protocol;
  }
  return wire;
}

int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* chosen_size,
                    const unsigned char* offered, unsigned offered_size, void* context) {
  const std::string& ours = static_cast<const OpensslServerContext*>(context)->protocols;
  unsigned char* selected = nullptr;
  if (SSL_select_next_proto(&selected, chosen_size, reinterpret_cast<const unsigned char*>(ours.data()),
                            static_cast<unsigned>(ours.size()), offered,
                            offered_size) != OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  *chosen = selected;
  return SSL_TLSEXT_ERR_OK;
}

// Trusts nothing but the pinned certificate, which the server has to send. The ordinary checks of the chain
// up to it (signatures, dates, use, name) stay.
int verify_pinned(X509_STORE_CTX* store, void* context) {
  const std::string& pinned = static_cast<const OpensslClientContext*>(context)->pinned_sha256;
  STACK_OF(X509)* sent = X509_STORE_CTX_get0_untrusted(store);  // with the server's own
  OpensslHandle<STACK_OF(X509)> trusted(sk_X509_new_null());
  for (int i = 0; i < sk_X509_num(sent); ++i) {
    X509* each = sk_X509_value(sent, i);
    if (sha256_of(*each) == pinned) sk_X509_push(trusted.get(), each);
  }
  if (sk_X509_num(trusted.get()) <= 0) {
    X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_UNTRUSTED);
    return 0;
  }
  X509_STORE_CTX_set0_trusted_stack(store, trusted.get());
  X509_STORE_CTX_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
  return X509_verify_cert(store);
}

// The name of a ClientHello whose extensions OpenSSL has not read yet (RFC 6066 §3); "": none.
std::string_view name_asked_for(SSL* ssl) {
  const unsigned char* bytes = nullptr;
  std::size_t size = 0;
  if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &bytes, &size) != 1) return {};
  ByteReader list(Bytes(bytes, size));
  const std::uint16_t list_size = list.u16();
  const std::uint8_t type = list.u8();
  const std::string_view name = as_text(list.take(list.u16()));
  return list.ok() && list_size == size - 2 && type == TLSEXT_NAMETYPE_host_name ? name : std::string_view();
}

// Before the version is settled: a name may want more than the listener does.
int raise_version(SSL* ssl, int*, void* context) {
  PublishedCertificates::Reader reader(*static_cast<const OpensslServerContext*>(context)->certificates);
  if (reader.current()->find(name_asked_for(ssl)).only_tls13) SSL_set_min_proto_version(ssl, TLS1_3_VERSION);
  return SSL_CLIENT_HELLO_SUCCESS;
}

// A connection holds on to what it was shown; the table may be replaced meanwhile. With nothing to show the
// handshake fails for want of a cipher.
int show_certificates(SSL* ssl, void* context) {
  const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  PublishedCertificates::Reader reader(*static_cast<const OpensslServerContext*>(context)->certificates);
  const auto table = reader.current();
  const CertificateTable::Choice& choice = table->find(name != nullptr ? name : "");
  for (const ServedCertificate* each : {choice.rsa.get(), choice.ecdsa.get()})
    if (each != nullptr &&
        SSL_use_cert_and_key(ssl, each->certificate.get(), each->key.get(), each->chain.get(), 1) != 1)
      return 0;
  return 1;
}

Result<void> use_certificates(SSL_CTX* context, std::string_view certificate_pem, std::string_view key_pem) {
  const auto chain = TRY(parse_certificates(certificate_pem));
  const auto key = TRY(parse_key(key_pem));
  if (SSL_CTX_use_certificate(context, chain.front().get()) != 1)
    return invalid("TLS certificate: " + openssl_failure());
  for (std::size_t i = 1; i < chain.size(); ++i)
    if (SSL_CTX_add1_chain_cert(context, chain[i].get()) != 1)
      return invalid("TLS certificate chain: " + openssl_failure());
  if (SSL_CTX_use_PrivateKey(context, key.get()) != 1 || SSL_CTX_check_private_key(context) != 1)
    return invalid("TLS key: " + openssl_failure());
  return {};
}

Result<void> trust(SSL_CTX* context, std::string_view ca_pem) {
  for (const auto& authority : TRY(parse_certificates(ca_pem, kAuthoritiesLimits)))
    if (X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority.get()) != 1)
      return invalid("TLS authority: " + openssl_failure());
  return {};
}

Result<OpensslHandle<SSL_CTX>> make_context(const SSL_METHOD* method, TlsVersion oldest) {
  OpensslHandle<SSL_CTX> context(SSL_CTX_new_ex(nullptr, key_schedule_properties(), method));
  if (!context) return fail(ErrorCode::Internal, "TLS context: " + openssl_failure());
  const int version = oldest == TlsVersion::Tls13   ? TLS1_3_VERSION
                      : oldest == TlsVersion::Tls12 ? TLS1_2_VERSION
                                                    : TLS1_VERSION;
  SSL_CTX_set_min_proto_version(context.get(), version);
  SSL_CTX_set_cipher_list(context.get(), "ECDHE+AESGCM:ECDHE+CHACHA20");
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                         SSL_OP_PRIORITIZE_CHACHA | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                      SSL_MODE_RELEASE_BUFFERS);
  // A record is one system call, not one for its head and one for the rest; several that are there are one.
  SSL_CTX_set_read_ahead(context.get(), 1);
  return context;
}

Result<void> ask_for_client_certificates(SSL_CTX* context, const TlsServerOptions& options) {
  TRY(trust(context, options.client_ca_pem));
  for (const auto& authority : TRY(parse_certificates(options.client_ca_pem)))
    SSL_CTX_add_client_CA(context, authority.get());
  const bool required = options.clients == ClientCertificates::Required;
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | (required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), nullptr);
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
  SSL_CTX_set_num_tickets(context, 0);
  return {};
}

void judge_by(SSL* ssl, SystemTime now) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count();
  X509_VERIFY_PARAM_set_time(SSL_get0_param(ssl), static_cast<std::time_t>(seconds));
}

// RFC 6066 §3: an address is compared, but not sent as SNI.
bool expect_name(SSL* ssl, const OpensslClientContext& context, const std::string& server_name) {
  const std::string& name = server_name.empty() ? context.server_name : server_name;
  if (name.empty()) return true;
  const bool is_address =
      server_name.empty() ? context.name_is_address : IpAddress::parse(server_name).has_value();
  if (is_address)
    return !context.verifies || X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name.c_str()) == 1;
  SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return (!context.verifies || SSL_set1_host(ssl, name.c_str()) == 1) &&
         SSL_set_tlsext_host_name(ssl, name.c_str()) == 1;
}

std::unexpected<Error> no_session() {
  return fail(ErrorCode::Internal, "TLS session: " + openssl_failure());
}

Result<std::unique_ptr<TlsSession>> make_session(OpensslHandle<SSL> ssl, std::shared_ptr<const void> context,
                                                 int descriptor) {
  auto session = std::make_unique<OpensslSession>(std::move(ssl), std::move(context), descriptor);
  if (!session->serve_socket()) return no_session();
  return session;
}

}  // namespace

Result<std::shared_ptr<TlsServerContext>> make_tls_server_context(const TlsServerOptions& options) {
  auto context = std::make_shared<OpensslServerContext>();
  context->ssl = TRY(make_context(TLS_server_method(), options.oldest));
  context->protocols = TRY(protocols_on_the_wire(options.protocols));
  SSL_CTX* ssl = context->ssl.get();
  SSL_CTX_set_ciphersuites(ssl, kServerSuites);
  static constexpr unsigned char kSessionContext[] = "meridian";
  SSL_CTX_set_session_id_context(ssl, kSessionContext, sizeof kSessionContext - 1);
  SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);  // tickets only: the server keeps nothing
  seal_tickets_with(ssl, context->tickets);
  SSL_CTX_set_num_tickets(ssl, kTicketsAHandshake);
  if (!context->protocols.empty()) SSL_CTX_set_alpn_select_cb(ssl, choose_protocol, context.get());
  if (options.clients != ClientCertificates::None) TRY(ask_for_client_certificates(ssl, options));
  if (!options.certificates) {
    TRY(use_certificates(ssl, options.certificate_pem, options.key_pem));
    return context;
  }
  if (!options.certificate_pem.empty() || !options.key_pem.empty())
    return invalid("a TLS server has either one certificate or published ones");
  context->certificates = options.certificates;
  SSL_CTX_set_client_hello_cb(ssl, raise_version, context.get());
  SSL_CTX_set_cert_cb(ssl, show_certificates, context.get());
  return context;
}

Result<std::shared_ptr<TlsClientContext>> make_tls_client_context(const TlsClientOptions& options) {
  if (options.verify ? options.ca_pem.empty() == options.pinned_sha256.empty()
                     : !options.ca_pem.empty() || !options.pinned_sha256.empty())
    return invalid("a TLS client trusts either authorities or one pinned certificate, or verifies nothing");
  if (options.verify && options.oldest == TlsVersion::Tls10) return invalid("TLS 1.0 proves nothing");
  auto context = std::make_shared<OpensslClientContext>();
  context->ssl = TRY(make_context(TLS_client_method(), options.oldest));
  context->server_name = options.server_name;
  context->name_is_address = IpAddress::parse(options.server_name).has_value();
  SSL_CTX* ssl = context->ssl.get();
  SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
  context->verifies = options.verify;
  SSL_CTX_set_verify(ssl, options.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  if (!options.verify) {
    SSL_CTX_set_cipher_list(ssl, "DEFAULT@SECLEVEL=0");  // whoever believes anyone need not be choosy
  } else if (!options.ca_pem.empty()) {
    TRY(trust(ssl, options.ca_pem));
  } else {
    const bool digits = options.pinned_sha256.find_first_not_of("0123456789abcdef") == std::string::npos;
    if (options.pinned_sha256.size() != 64 || !digits)
      return invalid("a pinned certificate is named by 64 lower-case hexadecimal digits");
    context->pinned_sha256 = options.pinned_sha256;
    SSL_CTX_set_cert_verify_callback(ssl, verify_pinned, context.get());
  }
  const std::string protocols = TRY(protocols_on_the_wire(options.protocols));
  if (!protocols.empty() &&
      SSL_CTX_set_alpn_protos(ssl, reinterpret_cast<const unsigned char*>(protocols.data()),
                              static_cast<unsigned>(protocols.size())) != 0)
    return fail(ErrorCode::Internal, "ALPN: " + openssl_failure());
  if (!options.certificate_pem.empty() || !options.key_pem.empty())
    TRY(use_certificates(ssl, options.certificate_pem, options.key_pem));
  return context;
}

Result<std::unique_ptr<TlsSession>> accept_tls(std::shared_ptr<TlsServerContext> context, int descriptor,
                                               SystemTime now) {
  auto& ours = static_cast<OpensslServerContext&>(*context);
  ours.tickets.advance(now);
  OpensslHandle<SSL> ssl(SSL_new(ours.ssl.get()));
  if (!ssl) return no_session();
  judge_by(ssl.get(), now);
  SSL_set_accept_state(ssl.get());
  return make_session(std::move(ssl), std::move(context), descriptor);
}

Result<std::unique_ptr<TlsSession>> connect_tls(std::shared_ptr<TlsClientContext> context, int descriptor,
                                                SystemTime now, const std::string& server_name) {
  const auto& ours = static_cast<OpensslClientContext&>(*context);
  OpensslHandle<SSL> ssl(SSL_new(ours.ssl.get()));
  if (!ssl || !expect_name(ssl.get(), ours, server_name)) return no_session();
  judge_by(ssl.get(), now);
  SSL_set_connect_state(ssl.get());
  return make_session(std::move(ssl), std::move(context), descriptor);
}

}  // namespace meridian::net
