// Asks name servers many questions: over UDP with a bounded window and retries, over TCP pipelined on one
// connection.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "net/address.h"
#include "questions.h"

namespace meridian::differential {

class Asker {
 public:
  static constexpr std::size_t kBatchMax = 4096;  // questions of one call
  static constexpr std::size_t kWindow = 64;      // unanswered at a time: fits every server's socket buffer
  static constexpr int kTries = 6;
  static constexpr int kWaitMs = 700;  // for the next reply, before unanswered questions are asked again

  explicit Asker(const net::Address& server);
  ~Asker();
  Asker(const Asker&) = delete;
  Asker& operator=(const Asker&) = delete;

  // One reply a question, in their order; an empty one where none came.
  std::vector<std::string> ask_udp(std::span<const Asked> questions);
  std::vector<std::string> ask_tcp(std::span<const Asked> questions);

 private:
  bool connect_tcp();
  void close_tcp();
  bool read_tcp(std::string& message);

  net::Address server_;
  int udp_ = -1, tcp_ = -1;
};

}  // namespace meridian::differential
