// The control's side of the feed: accepts edges, sends each the packages it lacks, and knows what they serve.
// Packages are opaque here: what is in them is between who publishes and who applies.
//
// Rule: an edge costs a bounded amount of memory, however slow it is: kPendingBytesMax of its own, and a hold
// on one package that is shared. One that falls out of the history gets an image.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "base/metrics.h"
#include "net/loop.h"
#include "snapshots/feed/canary_gate.h"
#include "snapshots/feed/check_log.h"
#include "snapshots/feed/edge_table.h"
#include "snapshots/feed/health_log.h"
#include "snapshots/feed/history.h"

namespace meridian::net {
struct CertificateSummary;
class TlsServerContext;
}  // namespace meridian::net

namespace meridian::snapshots::feed {

inline constexpr std::size_t kPendingBytesMax = 512 * 1024;  // written to an edge and not yet taken
inline constexpr std::size_t kSessionsMax = 4096;
inline constexpr std::size_t kStrangersMax = 64;  // connections that have not said Hello yet

// Who may follow the feed. Called on the loop's thread.
class EdgeAuthority {
 public:
  virtual ~EdgeAuthority() = default;
  // Takes note of what operators changed; called at each heartbeat. The names of edges that are edges no
  // more.
  virtual std::vector<std::string> refresh() = 0;
  // The error says why the holder of the certificate may not follow, or not any more.
  virtual Result<void> admit(const net::CertificateSummary& certificate) = 0;
  virtual Result<Certificate> enrol(const Enrol& enrol) = 0;
  virtual Result<Certificate> renew(const net::CertificateSummary& certificate, const Renew& renew) = 0;
};

// Who counts what edges find that are checkers. Called on the loop's thread.
class CheckerListener {
 public:
  virtual ~CheckerListener() = default;
  // The error says why it does not count: it is told of no checks, and not listened to.
  virtual Result<void> joined(const std::string& edge, const std::string& region) = 0;
  virtual void reported(const std::string& edge, std::vector<CheckBytes> reports) = 0;
  virtual void lost(const std::string& edge, Duration silent_for) = 0;  // it may come back
  virtual void removed(const std::string& edge) = 0;                    // it is an edge no more
};

// Who knows where edges serve. Called on the loop's thread.
class LocationListener {
 public:
  virtual ~LocationListener() = default;
  // `tier_address`: where other edges ask it; "": nowhere.
  virtual void located(const std::string& edge, const std::vector<ServedAt>& locations,
                       const std::string& tier_address) = 0;
  virtual void lost(const std::string& edge) = 0;     // it may come back
  virtual void removed(const std::string& edge) = 0;  // it is an edge no more
};

// Who is told of the requests that edges served. Called on the loop's thread.
class RequestListener {
 public:
  virtual ~RequestListener() = default;
  // Answered by FeedServer::took() when it has them, at once or later; what is not answered comes again over
  // the edge's next connection.
  virtual void served(const std::string& edge, Requests requests) = 0;
};

// Makes images of the newest state. Called on the loop's thread; the revision must be one that was published,
// or the first.
class ImageSource {
 public:
  struct Image {
    std::uint64_t revision = 0;
    std::string plain;
  };
  virtual ~ImageSource() = default;
  virtual Image image() = 0;
};

struct FeedServerOptions {
  Position newest;  // what there is when the server starts
  std::string software;
  Duration edge_live_time{};
  std::size_t history_bytes_max = kHistoryBytesMax;
  CanaryOptions canaries = {};
  std::string metrics = "meridian_feed";  // what their names begin with
};

class FeedServer {
 public:
  FeedServer(net::Loop& loop, Logger& logger, Metrics& metrics, EdgeAuthority& authority, ImageSource& images,
             FeedServerOptions options);
  ~FeedServer();  // while the loop does not run

  // Edges that are enrolled and may come back; before listen().
  void expect(const std::vector<std::string>& names);
  // Who takes back what an edge died of: the revision that does so, or 0 when there is nothing left to take
  // back. After an error the edge will tell it again. Called on the loop's thread; before listen().
  using OnCrash = std::function<Result<std::uint64_t>(const std::string& edge, const Crash& crash)>;
  void on_crash(OnCrash on_crash) { on_crash_ = std::move(on_crash); }
  // Without one, no edge is a checker; before listen().
  void listen_to_checkers(CheckerListener& listener) { checkers_ = &listener; }
  // Without one, nobody asks where edges are; before listen().
  void listen_to_locations(LocationListener& listener) { locations_ = &listener; }
  // Without one, edges keep what they would tell; before listen().
  void listen_to_requests(RequestListener& listener) { requests_ = &listener; }
  // What else edges may follow, each over a connection of its own to the address of this one, on the same
  // loop; before listen(). It outlives the loop's run.
  void also(Subject subject, FeedServer& other);
  Result<net::Address> listen(const net::Address& address, std::shared_ptr<net::TlsServerContext> tls);

  // The next package of the chain, or an image (from 0). Thread-safe.
  void publish(std::uint64_t from, std::uint64_t to, std::string_view plain);
  // A health check as it is now, on its way to all edges. Thread-safe.
  void set_health(std::string_view id, bool healthy);
  // What checkers of these Regions (none: of all) are to probe, on its way to them; or are not, any more.
  // Thread-safe.
  void set_check(const std::string& id, std::vector<std::string> regions, std::string settings);
  void remove_check(const std::string& id);
  // What an edge told is where it will not be lost. Thread-safe.
  void took(const std::string& edge, const RequestsTaken& taken);
  // The revision that all edges serve, by the rule of edge_table.h. Thread-safe.
  std::uint64_t served_revision() const;
  std::uint64_t newest() const;
  // With the seconds each edge is behind. Thread-safe.
  std::vector<EdgeState> edges() const;

 private:
  class Session;
  FeedServer* find(Subject subject) const;
  void move(const Session& session, FeedServer& to);
  void accept(std::unique_ptr<net::TcpConnection> connection);
  void tick();
  void pump();
  void ask_for_pump();
  void open_gate();
  Result<void> take_back(const std::string& edge, const Hello& hello);
  void end(Session& session, const std::string& why);
  void replace_older(const Session& session);
  void remove(const std::string& name);
  SharedPackage next_package(const Session& session);
  SharedPackage let_through(const Session& session, const SharedPackage& package);
  SharedPackage image();
  void register_metrics();

  net::Loop& loop_;
  Logger& logger_;
  Metrics& metrics_;
  EdgeAuthority& authority_;
  ImageSource& images_;
  FeedServerOptions options_;
  Counter& packages_sent_;
  Counter& images_sent_;
  Counter& bytes_sent_;
  Counter& refusals_;
  Counter& turned_away_;
  Counter& crashes_;
  Counter& canaries_overdue_;
  OnCrash on_crash_;
  CheckerListener* checkers_ = nullptr;
  LocationListener* locations_ = nullptr;
  RequestListener* requests_ = nullptr;
  FeedServer* first_ = nullptr;  // null: it listens itself
  std::map<Subject, FeedServer*> others_;

  mutable std::mutex mutex_;  // of these six
  CanaryGate gate_;
  History history_;
  HealthLog health_;
  CheckLog checks_;
  mutable EdgeTable table_;
  bool pump_asked_ = false;

  SharedPackage image_;
  std::vector<std::unique_ptr<Session>> sessions_;
  std::unique_ptr<net::Timer> tick_timer_;
  std::unique_ptr<net::TcpListener> listener_;
};

}  // namespace meridian::snapshots::feed
