// The edge's side of the feed: finds the control, follows it, says what is served, and never gives up.
//
// Rule: nothing that the control sends or fails to send takes away what the edge serves. A package that is
// malformed, damaged or does not fit is refused whole and kept for inspection; an image is asked for instead.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "base/log.h"
#include "base/metrics.h"
#include "base/random.h"
#include "net/loop.h"
#include "snapshots/feed/frame.h"

namespace meridian::snapshots::feed {

inline constexpr std::size_t kReportsPendingMax = 256 * 1024;   // bytes that the control has not taken
inline constexpr std::size_t kRequestsPendingMax = 512 * 1024;  // the same

// Where packages go. Called on the loop's thread.
class FeedTarget {
 public:
  virtual ~FeedTarget() = default;
  virtual Position holds() const = 0;
  // Takes a delta, or an image of `store` (from 0), whole or not at all.
  virtual Result<void> apply(const StoreId& store, std::uint64_t from, std::uint64_t to,
                             std::string_view plain) = 0;
  // What is answered from everywhere: holds().revision, or still one before it.
  virtual std::uint64_t served_revision() const = 0;
  // A package that was refused, as it came (compressed).
  virtual void keep_refused(std::uint64_t from, std::uint64_t to, std::string_view bytes,
                            std::string_view why) = 0;
  virtual void set_health(const std::string& id, bool healthy) = 0;
  // Of all other health checks the control knows nothing.
  virtual void forget_health_but(const std::set<std::string>& ids) = 0;
  virtual Load load() = 0;  // since it was last asked
  // What the control has to hear of the death of the process before; told until it was heard.
  virtual Crash crash() const = 0;
  virtual void crash_was_heard() = 0;
};

// Of an edge that is a checker: what it is to probe, and what it found. Called on the loop's thread.
class CheckerTarget {
 public:
  virtual ~CheckerTarget() = default;
  virtual std::string region() const = 0;
  virtual void set_check(const std::string& id, std::string_view settings) = 0;
  virtual void remove_check(const std::string& id) = 0;
  virtual void forget_checks_but(const std::set<std::string>& ids) = 0;
  virtual std::vector<CheckBytes> take_reports(std::size_t most) = 0;  // those that are news
  virtual void repeat_reports() = 0;  // to a control that knows none of them: all are news
};

// Of an edge that tells of the requests it served. Called on the loop's thread.
class RequestSource {
 public:
  virtual ~RequestSource() = default;
  virtual std::optional<Requests> next() = 0;  // after the last; nothing: that is all for now
  virtual void taken(const RequestsTaken& taken) = 0;
  virtual void repeat() = 0;  // to a control that may not have what was sent: all that was not taken
};

// The edge's own certificate. Called on the loop's thread.
class EdgeCertificate {
 public:
  virtual ~EdgeCertificate() = default;
  virtual std::optional<std::string> renewal_request() = 0;  // PKCS #10, when it ends soon
  virtual Result<void> renew(const Certificate& certificate) = 0;
};

struct FeedClientOptions {
  std::string name, software;
  CheckerTarget* checker = nullptr;  // null: the edge is none
  Subject subject = Subject::Dns;
  RequestSource* requests = nullptr;  // null: it tells of none
  std::vector<ServedAt> locations = {};
  std::string tier_address = {};          // where other edges ask this one; "": nowhere
  std::string metrics = "meridian_feed";  // what their names begin with
};

// For people and metrics.
struct FollowingState {
  bool following = false;
  SystemTime since{};           // when that began
  std::string control_version;  // of the last control that answered
  std::uint64_t newest = 0;     // the control's, as last heard
  std::string problem;          // why it does not follow, or what it refused last
};

class FeedClient final : private net::TcpHandler {
 public:
  // Connects to the control with the edge's newest certificate; `done` is not called from inside.
  using Connect = std::function<std::unique_ptr<net::TcpConnect>(
      std::function<void(Result<std::unique_ptr<net::TcpConnection>>)> done)>;

  FeedClient(net::Loop& loop, Random& random, Logger& logger, Metrics& metrics, FeedTarget& target,
             EdgeCertificate& certificate, Connect connect, FeedClientOptions options);
  ~FeedClient() override;  // while the loop does not run

  void start();                  // on the loop's thread, or before it runs
  FollowingState state() const;  // thread-safe

 private:
  void on_data(net::TcpConnection& connection, Bytes data) override;
  void on_closed(net::TcpConnection& connection, const Error* why) override;

  void connect();
  void greet(std::unique_ptr<net::TcpConnection> connection);
  void take_frames();
  void disconnect(const std::string& why);
  void tick();
  void send(const Frame& frame) { connection_->write(encode(frame)); }

  Result<void> take(const Welcome& welcome);
  Result<void> take(PackageHead& head);
  Result<void> take(PackagePart& part);
  Result<void> take(const Newest& newest);
  Result<void> take(const Health& health);
  Result<void> take(const Checks& checks);
  Result<void> take(const RequestsTaken& taken);
  Result<void> take(const Certificate& certificate);
  Result<void> take(const Farewell& farewell);
  template <typename Other>
  Result<void> take(const Other&);

  Result<void> add_part(std::string_view part);
  void finish_package();
  Result<void> apply_package();
  void refuse(const std::string& why);
  void acknowledge();
  void ask_for_renewal();
  void report();
  void tell_requests();

  net::Loop& loop_;
  Random& random_;
  Logger& logger_;
  FeedTarget& target_;
  EdgeCertificate& certificate_;
  Connect connect_;
  FeedClientOptions options_;
  Counter& applied_;
  Counter& refused_;
  Counter& connections_;
  Gauge& following_;

  std::unique_ptr<net::TcpConnect> attempt_;
  std::unique_ptr<net::TcpConnection> connection_;
  FrameReader reader_;
  std::optional<Welcome> welcome_;
  std::optional<PackageHead> incoming_;               // `part` holds what has arrived
  bool package_finished_ = false;                     // in this turn of the loop
  bool awaiting_image_ = false;                       // after a refusal: what else arrives is dropped
  std::uint64_t refused_to_ = 0;                      // of the last refusal: who gets past it has recovered
  std::uint64_t acknowledged_ = 0;                    // on this connection
  std::optional<std::set<std::string>> told_health_;  // while the control tells all there is
  std::optional<std::set<std::string>> told_checks_;  // the same
  MonotonicTime heard_{};
  std::optional<MonotonicTime> renewal_asked_;
  Duration reconnect_pause_, image_pause_, acknowledge_pause_{};
  std::unique_ptr<net::Timer> reconnect_timer_, tick_timer_, frames_timer_, image_timer_, acknowledge_timer_,
      report_timer_, requests_timer_;
  bool told_lost_ = false;
  std::string told_why_;

  mutable std::mutex mutex_;
  FollowingState state_;
};

}  // namespace meridian::snapshots::feed
