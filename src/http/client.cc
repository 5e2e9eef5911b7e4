// A small blocking HTTP/1.1 client. The only file of http/ that knows OpenSSL.
#include "http/client.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>

#include <cerrno>
#include <charconv>
#include <cstring>

#include "net/openssl_handles.h"
#include "net/socket.h"

namespace meridian::http {
namespace {

std::unexpected<Error> unavailable(std::string message) {
  return fail(ErrorCode::Unavailable, std::move(message), ErrorSource::Peer, true);
}

// One blocking byte stream, plain or TLS.
class Stream {
 public:
  static Result<Stream> open(const Url& url, const ClientOptions& options);
  Result<void> write(std::string_view bytes);
  Result<std::size_t> read(char* into, std::size_t size);  // 0 at the end

 private:
  Result<void> connect(const addrinfo& to, const ClientOptions& options);
  Result<void> start_tls(const Url& url, const ClientOptions& options);

  net::FileDescriptor socket_;
  net::OpensslHandle<SSL_CTX> context_;
  net::OpensslHandle<SSL> ssl_;
};

Result<void> Stream::connect(const addrinfo& to, const ClientOptions& options) {
  socket_ = net::FileDescriptor(::socket(to.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (socket_.get() < 0) return std::unexpected(net::system_error("socket", errno));
  int error = ::connect(socket_.get(), to.ai_addr, to.ai_addrlen) == 0 ? 0 : errno;
  if (error == EINPROGRESS) {
    pollfd wait{socket_.get(), POLLOUT, 0};
    const auto ms = std::chrono::ceil<std::chrono::milliseconds>(options.timeout).count();
    socklen_t size = sizeof error;
    if (::poll(&wait, 1, static_cast<int>(ms)) != 1)
      error = ETIMEDOUT;
    else
      getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  }
  if (error != 0) return std::unexpected(net::system_error("connect", error));
  fcntl(socket_.get(), F_SETFL, fcntl(socket_.get(), F_GETFL) & ~O_NONBLOCK);
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(options.timeout).count();
  const timeval limit{seconds, 0};
  setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  setsockopt(socket_.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  return {};
}

Result<void> trust(SSL_CTX* context, const std::string& pem) {
  if (pem.empty()) return {};
  net::OpensslHandle<BIO> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  std::size_t count = 0;
  while (net::OpensslHandle<X509> certificate{PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)}) {
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context), certificate.get());
    ++count;
  }
  ERR_clear_error();
  if (count == 0) return invalid("no certificate in the trusted certificates");
  return {};
}

Result<void> Stream::start_tls(const Url& url, const ClientOptions& options) {
  // OpenSSL writes without MSG_NOSIGNAL.
  sigset_t pipe_signal;
  sigemptyset(&pipe_signal);
  sigaddset(&pipe_signal, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe_signal, nullptr);

  context_.reset(SSL_CTX_new(TLS_client_method()));
  if (!context_) return fail(ErrorCode::Internal, "TLS context");
  SSL_CTX_set_min_proto_version(context_.get(), TLS1_2_VERSION);
  SSL_CTX_set_default_verify_paths(context_.get());
  TRY(trust(context_.get(), options.trusted_certificates_pem));
  SSL_CTX_set_verify(context_.get(), options.verify_certificate ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  ssl_.reset(SSL_new(context_.get()));
  if (!ssl_) return fail(ErrorCode::Internal, "TLS session");
  if (net::IpAddress::parse(url.host)) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_.get()), url.host.c_str());
  } else {
    SSL_set_tlsext_host_name(ssl_.get(), url.host.c_str());
    SSL_set1_host(ssl_.get(), url.host.c_str());
  }
  SSL_set_fd(ssl_.get(), socket_.get());
  if (SSL_connect(ssl_.get()) == 1) return {};
  const long verdict = SSL_get_verify_result(ssl_.get());
  ERR_clear_error();
  return unavailable(verdict == X509_V_OK ? "the TLS handshake failed"
                                          : std::string("TLS: ") + X509_verify_cert_error_string(verdict));
}

Result<Stream> Stream::open(const Url& url, const ClientOptions& options) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int code = getaddrinfo(url.host.c_str(), std::to_string(url.port).c_str(), &hints, &found);
  if (code != 0) return unavailable(fmt::format("{}: {}", url.host, gai_strerror(code)));
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> addresses(found, &freeaddrinfo);
  Stream stream;
  Result<void> connected = unavailable("no address");
  for (const addrinfo* each = found; each != nullptr && !connected; each = each->ai_next)
    connected = stream.connect(*each, options);
  if (!connected) return unavailable(fmt::format("{}: {}", url.authority(), connected.error().message));
  if (url.tls) TRY(stream.start_tls(url, options));
  return stream;
}

Result<void> Stream::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t size = ssl_ ? SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()))
                              : ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (size <= 0) return unavailable("cannot send the request");
    bytes.remove_prefix(static_cast<std::size_t>(size));
  }
  return {};
}

Result<std::size_t> Stream::read(char* into, std::size_t size) {
  if (!ssl_) {
    const ssize_t got = ::recv(socket_.get(), into, size, 0);
    if (got < 0) return unavailable(fmt::format("cannot read the reply: {}", std::strerror(errno)));
    return static_cast<std::size_t>(got);
  }
  const int got = SSL_read(ssl_.get(), into, static_cast<int>(size));
  if (got > 0) return static_cast<std::size_t>(got);
  const bool ended = SSL_get_error(ssl_.get(), got) == SSL_ERROR_ZERO_RETURN;
  ERR_clear_error();
  if (ended) return 0;
  return unavailable("cannot read the reply");
}

// Collects one reply from a stream.
class ReplyReader {
 public:
  ReplyReader(Stream& stream, std::string_view method, std::size_t body_bytes_max)
      : stream_(stream), method_(method), body_bytes_max_(body_bytes_max) {}

  Result<Response> read() {
    do {
      TRY(read_head());
    } while (response_.status < 200);
    TRY(read_body());
    return std::move(response_);
  }

 private:
  static std::unexpected<Error> malformed(const http1::Refusal& why) {
    return fail(ErrorCode::Unavailable, std::string("malformed reply: ") + why.reason, ErrorSource::Peer);
  }

  Result<bool> more() {
    char buffer[16 * 1024];
    const std::size_t size = TRY(stream_.read(buffer, sizeof buffer));
    in_.append(buffer, size);
    return size > 0;
  }

  Result<void> read_head() {
    http1::HeadEnd end{http1::Limits()};
    std::size_t size = 0;
    for (;;) {
      auto found = end.find(in_);
      if (!found) return malformed(found.error());
      size = *found;
      if (size > 0) break;
      if (!TRY(more())) return unavailable("the connection ended before the reply");
    }
    const std::string head = in_.substr(0, size);
    in_.erase(0, size);
    http1::ResponseHead parsed;
    if (auto ok = http1::parse_response(head, parsed); !ok) return malformed(ok.error());
    response_ = Response();
    response_.status = parsed.status;
    for (const http1::Field& field : parsed.fields)
      response_.headers.push_back({std::string(field.name), std::string(field.value)});
    body_end_ = http1::response_body(parsed, method_);
    length_ = parsed.framing.content_length.value_or(0);
    return {};
  }

  Result<void> read_body() {
    if (body_end_ == http1::BodyEnd::None) return {};
    for (;;) {
      if (TRY(take_body())) return {};
      if (response_.body.size() + in_.size() > body_bytes_max_) return unavailable("the reply is too large");
      if (!TRY(more())) {
        if (body_end_ != http1::BodyEnd::Close) return unavailable("the reply ended early");
        response_.body = std::move(in_);
        return {};
      }
    }
  }

  // Whether the body is whole now.
  Result<bool> take_body() {
    if (body_end_ == http1::BodyEnd::Close || (body_end_ == http1::BodyEnd::Length && in_.size() < length_))
      return false;
    if (body_end_ == http1::BodyEnd::Length) {
      response_.body = in_.substr(0, length_);
      return true;
    }
    while (!in_.empty() && !chunks_.done()) {
      auto step = chunks_.next(in_);
      if (!step) return malformed(step.error());
      response_.body += step->data;
      in_.erase(0, step->consumed);
    }
    return chunks_.done();
  }

  Stream& stream_;
  std::string_view method_;
  std::size_t body_bytes_max_;
  std::string in_;
  Response response_;
  http1::BodyEnd body_end_ = http1::BodyEnd::None;
  std::uint64_t length_ = 0;
  http1::ChunkedDecoder chunks_;
};

}  // namespace

Result<Url> Url::parse(std::string_view text) {
  Url url;
  const auto bad = [text] { return invalid(fmt::format("not an http:// or https:// URL: {}", text)); };
  std::string_view rest = text;
  if (rest.starts_with("https://")) {
    url.tls = true;
    url.port = 443;
    rest.remove_prefix(8);
  } else if (rest.starts_with("http://")) {
    rest.remove_prefix(7);
  } else {
    return bad();
  }
  const std::size_t path = rest.find_first_of("/?");
  std::string_view authority = rest.substr(0, path);
  if (path != std::string_view::npos)
    url.target = rest[path] == '/' ? rest.substr(path) : "/" + std::string(rest.substr(path));
  std::string_view port;
  if (authority.starts_with('[')) {
    const std::size_t close = authority.find(']');
    if (close == std::string_view::npos) return bad();
    url.host = authority.substr(1, close - 1);
    port = authority.substr(close + 1);
  } else {
    url.host = authority.substr(0, authority.find(':'));
    port = authority.substr(url.host.size());
  }
  if (!port.empty()) {
    const auto [end, error] = std::from_chars(port.data() + 1, port.data() + port.size(), url.port);
    if (port[0] != ':' || error != std::errc() || end != port.data() + port.size() || url.port == 0)
      return bad();
  }
  if (url.host.empty() || url.host.find_first_of("@#% \t\r\n") != std::string::npos ||
      url.target.find_first_of("# \t\r\n") != std::string::npos)
    return bad();
  return url;
}

std::string Url::authority() const {
  const std::string name = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return port == (tls ? 443 : 80) ? name : fmt::format("{}:{}", name, port);
}

Result<Response> fetch(const ClientRequest& request, const ClientOptions& options) {
  std::string head = fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", request.method,
                                 request.url.target, request.url.authority());
  for (const Header& header : request.headers) head += fmt::format("{}: {}\r\n", header.name, header.value);
  if (!request.body.empty() || request.method == "POST" || request.method == "PUT")
    head += fmt::format("Content-Length: {}\r\n", request.body.size());
  head += "\r\n";
  Stream stream = TRY(Stream::open(request.url, options));
  // A server may answer before it has the whole body, and take no more of it (RFC 9112 §9.5).
  const Result<void> sent = stream.write(head + request.body);
  auto reply = ReplyReader(stream, request.method, options.body_bytes_max).read();
  if (!sent && !reply) return std::unexpected(sent.error());
  return reply;
}

}  // namespace meridian::http
