// One request that explain plays through an engine: the transport is this, and what comes back is a trace and
// the head of the reply.
// Rule: it is neither logged nor counted, and unless origins may be asked it changes nothing.
#pragma once

#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "engines/cdn/site.h"
#include "engines/cdn/trace.h"
#include "engines/cdn/viewer.h"

namespace meridian::engines::cdn {

inline constexpr std::size_t kExplainedMax = 16;  // at one time, of a worker

struct ExplainAsk {
  std::string head;  // as HTTP/1.1 has it, with the empty line; read as strictly as a viewer's
  net::Address viewer;
  bool tls = false;
  std::string location;  // "": the first
  Trace::Origins origins = Trace::Origins::Spared;
};

struct Explanation {
  explicit Explanation(Trace::Origins origins) : trace(origins) {}
  Trace trace;
  std::string location;
  int status = 0;  // 0: no reply, as the origin would have to be asked
  std::vector<std::pair<std::string, std::string>> fields;
  std::uint64_t body_bytes = 0;  // that came
  bool cut = false;              // what came was not all
};

class Explained final : public ViewerStream {
 public:
  using OnDone = std::function<void(Result<Explanation>)>;
  // `over` is called after that, posted to the loop: it may end this.
  Explained(Site& site, ExplainAsk ask, OnDone done, std::function<void()> over);
  ~Explained() override;
  void begin();

  const ViewerConnection& connection() const override { return connection_; }
  net::Loop& loop() override { return site_.worker.loop; }
  void reply(const ReplyHead& head) override;
  void send(Piece piece) override { explanation_.body_bytes += piece.size(); }
  // Of a kept body nobody wants a byte.
  std::size_t unsent() const override {
    return explanation_.trace.may_ask() ? 0 : std::numeric_limits<std::size_t>::max();
  }
  void finish() override { end(); }
  void abort() override;
  void read_body() override {}
  std::uint64_t sent_bytes() const override { return explanation_.body_bytes; }

 private:
  Result<void> play();
  void end();

  Site& site_;
  const ExplainAsk ask_;
  const OnDone done_;
  const std::function<void()> over_;
  ViewerConnection connection_;
  http1::RequestHead head_;
  Explanation explanation_;
  bool ended_ = false;
  std::unique_ptr<Exchange> exchange_;
};

}  // namespace meridian::engines::cdn
