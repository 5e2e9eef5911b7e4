// Viewers that believe nothing: each asks for files over a kept connection, again and again, and compares
// every byte with the file itself. A connection that breaks is opened again, and counted.
//
// usage: cdn_reader --server ADDR:PORT --host NAME --files DIR --seconds S [--connections N]
// Prints one line of JSON: replies, bytes, failed (connections that broke, or could not be opened), wrong
// (with the first of them in words).
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <filesystem>
#include <map>
#include <mutex>
#include <random>
#include <thread>

#include "base/check.h"
#include "net/address.h"
#include "net/socket.h"

namespace meridian {
namespace {

using std::chrono::steady_clock;

struct Counts {
  std::uint64_t replies = 0, bytes = 0, failed = 0, wrong = 0;
  std::string first_wrong;
};

struct File {
  std::string name;
  std::string_view bytes;
};

std::vector<File> map_files(const std::string& folder) {
  std::vector<File> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const net::FileDescriptor file(::open(entry.path().c_str(), O_RDONLY | O_CLOEXEC));
    const std::size_t size = entry.file_size();
    void* const at = ::mmap(nullptr, size, PROT_READ, MAP_SHARED | MAP_POPULATE, file.get(), 0);
    CHECK(at != MAP_FAILED);
    files.push_back({entry.path().filename(), {static_cast<const char*>(at), size}});
  }
  CHECK(!files.empty());
  return files;
}

class Viewer {
 public:
  Viewer(const net::Address& server, std::string host, const std::vector<File>& files, unsigned seed)
      : server_(server), host_(std::move(host)), files_(files), random_(seed), buffer_(1 << 18) {}

  void run(steady_clock::time_point until) {
    while (steady_clock::now() < until) {
      if (socket_.get() < 0 && !open()) {
        ++counts.failed;
        std::this_thread::sleep_for(std::chrono::milliseconds(5));  // the server is away
        continue;
      }
      if (!ask(files_[random_() % files_.size()])) {
        ++counts.failed;
        socket_ = {};
      }
    }
  }

  Counts counts;

 private:
  bool open() {
    net::SocketAddress to = net::to_socket_address(server_);
    socket_ = net::FileDescriptor(::socket(to.get()->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::connect(socket_.get(), to.get(), to.size) == 0) return true;
    socket_ = {};
    return false;
  }

  // False: the connection broke.
  bool ask(const File& file) {
    const std::string request = fmt::format("GET /{} HTTP/1.1\r\nHost: {}\r\n\r\n", file.name, host_);
    if (::send(socket_.get(), request.data(), request.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(request.size()))
      return false;
    std::string head;
    std::size_t end = std::string::npos;
    while (end == std::string::npos) {
      const ssize_t size = ::recv(socket_.get(), buffer_.data(), buffer_.size(), 0);
      if (size <= 0) return false;
      head.append(buffer_.data(), static_cast<std::size_t>(size));
      end = head.find("\r\n\r\n");
    }
    const std::string_view first = std::string_view(head).substr(end + 4);
    if (!head.starts_with("HTTP/1.1 200 ") ||
        head.find(fmt::format("Content-Length: {}\r\n", file.bytes.size())) == std::string::npos)
      return wrong(file, 0, head.substr(0, end));
    std::size_t at = 0;
    if (!compare(file, at, first)) return false;
    while (at < file.bytes.size()) {
      const ssize_t size = ::recv(socket_.get(), buffer_.data(), buffer_.size(), 0);
      if (size <= 0) return false;
      if (!compare(file, at, {buffer_.data(), static_cast<std::size_t>(size)})) return false;
    }
    ++counts.replies;
    return true;
  }

  bool compare(const File& file, std::size_t& at, std::string_view bytes) {
    if (bytes.size() > file.bytes.size() - at ||
        std::memcmp(bytes.data(), file.bytes.data() + at, bytes.size()) != 0)
      return wrong(file, at, "other bytes");
    at += bytes.size();
    counts.bytes += bytes.size();
    return true;
  }

  bool wrong(const File& file, std::size_t at, std::string_view what) {
    if (counts.wrong++ == 0) counts.first_wrong = fmt::format("{} at {}: {}", file.name, at, what);
    return false;
  }

  const net::Address server_;
  const std::string host_;
  const std::vector<File>& files_;
  std::minstd_rand random_;
  std::vector<char> buffer_;
  net::FileDescriptor socket_;
};

int run(const std::map<std::string, std::string>& options) {
  const auto server = net::Address::parse(options.at("--server"));
  CHECK(server);
  const auto files = map_files(options.at("--files"));
  const std::size_t connections =
      std::stoul(options.contains("--connections") ? options.at("--connections") : "8");
  const auto until = steady_clock::now() +
                     std::chrono::milliseconds(static_cast<int>(std::stod(options.at("--seconds")) * 1000));
  std::vector<std::unique_ptr<Viewer>> viewers;
  std::vector<std::thread> threads;
  for (std::size_t n = 0; n < connections; ++n) {
    viewers.push_back(
        std::make_unique<Viewer>(*server, options.at("--host"), files, static_cast<unsigned>(n + 1)));
    threads.emplace_back([&viewer = *viewers.back(), until] { viewer.run(until); });
  }
  for (std::thread& thread : threads) thread.join();
  Counts sum;
  for (const auto& viewer : viewers) {
    sum.replies += viewer->counts.replies;
    sum.bytes += viewer->counts.bytes;
    sum.failed += viewer->counts.failed;
    sum.wrong += viewer->counts.wrong;
    if (sum.first_wrong.empty()) sum.first_wrong = viewer->counts.first_wrong;
  }
  for (char& c : sum.first_wrong)
    if (c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20) c = ' ';
  fmt::print("{{\"replies\": {}, \"bytes\": {}, \"failed\": {}, \"wrong\": {}, \"first_wrong\": \"{}\"}}\n",
             sum.replies, sum.bytes, sum.failed, sum.wrong, sum.first_wrong);
  return sum.wrong == 0 ? 0 : 1;
}

}  // namespace
}  // namespace meridian

int main(int count, char** words) {
  std::map<std::string, std::string> options;
  for (int n = 1; n + 1 < count; n += 2) options[words[n]] = words[n + 1];
  for (const char* needed : {"--server", "--host", "--files", "--seconds"})
    if (!options.contains(needed)) {
      fmt::print(stderr, "cdn_reader: {} is missing\n", needed);
      return 2;
    }
  return meridian::run(options);
}
