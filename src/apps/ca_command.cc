#include "apps/ca_command.h"

#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>

#include <filesystem>

#include "apps/control/local_authority.h"
#include "base/log.h"
#include "formats/x509/x509.h"
#include "net/certificate.h"

extern char** environ;

namespace meridian::apps {
namespace {

const std::string kSystemFolder = "/usr/local/share/ca-certificates";  // of Debian's package ca-certificates

struct Root {
  std::string path, pem, sha256;
  x509::Facts facts;
  // What the system's store and browsers call it.
  std::string file_name() const { return "meridian-" + sha256.substr(0, 8); }
};

Result<Root> read_root(const CaOptions& options, Disk& disk) {
  Root root;
  root.path = std::filesystem::absolute(options.data_dir + std::string(kRootFile)).lexically_normal();
  auto pem = disk.read(root.path);
  if (!pem && pem.error().code == ErrorCode::NotFound)
    return fail(ErrorCode::NotFound, root.path + " is not there: the server makes it at its first start");
  root.pem = TRY(std::move(pem));
  root.facts = TRY(x509::Certificate::parse(root.pem)).facts();
  root.sha256 = TRY(net::read_certificate(root.pem)).sha256;
  return root;
}

std::string with_colons(const std::string& hex) {
  std::string out;
  for (std::size_t i = 0; i < hex.size(); ++i) {
    if (i > 0 && i % 2 == 0) out += ':';
    out += static_cast<char>(std::toupper(hex[i]));
  }
  return out;
}

int refused(const Error& error) {
  fmt::print(stderr, "meridian: {}\n", error.message);
  return 1;
}

Result<void> run(std::vector<std::string> words) {
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  pid_t child = 0;
  int status = 0;
  const bool started = posix_spawnp(&child, arguments[0], nullptr, nullptr, arguments.data(), environ) == 0;
  if (!started || waitpid(child, &status, 0) != child || status != 0)
    return fail(ErrorCode::Unavailable, words[0] + " has failed");
  return {};
}

Result<void> install(const Root& root) {
  namespace fs = std::filesystem;
  std::error_code error;
  if (!fs::is_directory(kSystemFolder, error))
    return fail(ErrorCode::NotFound, kSystemFolder + " is not there: is this Debian, with ca-certificates?");
  const std::string target = fmt::format("{}/{}.crt", kSystemFolder, root.file_name());
  fs::copy_file(root.path, target, fs::copy_options::overwrite_existing, error);
  if (!error) fs::permissions(target, static_cast<fs::perms>(0644), error);
  if (error) return fail(ErrorCode::Unavailable, fmt::format("{}: {}; sudo?", target, error.message()));
  TRY(run({"update-ca-certificates"}));
  fmt::print(
      "{} is trusted by this machine. To take it back:\n  sudo rm {} && sudo update-ca-certificates "
      "--fresh\n",
      root.facts.common_name, target);
  return {};
}

void show(const Root& root, Output output) {
  const std::string from = format_iso8601(root.facts.not_before), to = format_iso8601(root.facts.not_after);
  if (output == Output::Json) {
    std::string path, name, pem;
    append_json_string(path, root.path);
    append_json_string(name, root.facts.common_name);
    append_json_string(pem, root.pem);
    fmt::print(R"({{"path":{},"name":{},"sha256":"{}","not_before":"{}","not_after":"{}","pem":{}}})"
               "\n",
               path, name, root.sha256, from, to, pem);
    return;
  }
  fmt::print("name     {}\nvalid    {} to {}\nSHA-256  {}\nfile     {}\n\n{}", root.facts.common_name, from,
             to, with_colons(root.sha256), root.path, root.pem);
}

void tell_how_to_trust(const Root& root) {
  fmt::print(
      R"({name} signs what ACM issues here. Before you trust it, compare
  SHA-256 {sha256}

The whole machine (Debian; curl, Python, Go, what uses OpenSSL):
  sudo install -m 644 {path} {folder}/{file}.crt && sudo update-ca-certificates
  To take it back: sudo rm {folder}/{file}.crt && sudo update-ca-certificates --fresh

Chromium and Firefox have stores of their own (certutil is in Debian's libnss3-tools):
  for store in "$HOME/.pki/nssdb" "$HOME"/.mozilla/firefox/*.default*; do
    [ -d "$store" ] && certutil -A -d "sql:$store" -t C,, -n {file} -i {path}; done

One program:
  curl --cacert {path} https://…
  export NODE_EXTRA_CA_CERTS={path}    # Node.js
  export AWS_CA_BUNDLE={path}          # AWS CLI, boto3
  export SSL_CERT_FILE={path}          # what uses OpenSSL, and trusts nothing else then
)",
      fmt::arg("name", root.facts.common_name), fmt::arg("sha256", with_colons(root.sha256)),
      fmt::arg("path", root.path), fmt::arg("folder", kSystemFolder), fmt::arg("file", root.file_name()));
}

}  // namespace

int ca(const CaOptions& options, Disk& disk) {
  const auto root = read_root(options, disk);
  if (!root) return refused(root.error());
  if (options.system) {
    const auto installed = install(*root);
    return installed ? 0 : refused(installed.error());
  }
  options.action == CaOptions::Action::Show ? show(*root, options.output) : tell_how_to_trust(*root);
  return 0;
}

}  // namespace meridian::apps
