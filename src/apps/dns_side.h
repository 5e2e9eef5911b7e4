// The DNS side of a server's process, in every role: its directory, its service, its certificate, what the
// operator sees of it. Rule: it answers from its last snapshot before anything else is open, and knows
// nothing of where the next one comes from.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "apps/admin.h"
#include "apps/command_line.h"
#include "apps/dns_service.h"
#include "apps/health_side.h"
#include "apps/location_files.h"
#include "apps/loop_thread.h"
#include "apps/query_log.h"
#include "apps/server_certificate.h"
#include "apps/socket_advice.h"
#include "apps/watchdog.h"
#include "apps/world.h"
#include "base/directory_lock.h"
#include "engines/dns/query_log/query_log.h"

namespace meridian::apps {

class DnsSide {
 public:
  ~DnsSide();
  // Takes the directory DATA_DIR/dns: it may belong to a server that runs. Without addresses it only keeps
  // snapshots. `own_log` may be empty; it is made only where DNS is answered.
  static Result<std::unique_ptr<DnsSide>> start(const DnsServerOptions& options, const std::string& data_dir,
                                                const World& world, const MakeDestination& own_log = {});

  DnsService& service() { return *service_; }
  HealthSide& health() { return health_; }
  engines::dns::DnsEngine& engine() { return service_->engine(); }
  std::string state() const;  // one line, for people
  void show(AdminSources& sources);
  // What the sockets here and on `others` lack, for the operator.
  std::vector<Advice> advice(std::span<const net::Address> others) const;
  void add_loops(std::vector<Watchdog::Watched>& loops);
  // What this side does beside answering happens on this loop from now on, or on threads of its own; its
  // thread outlives this object.
  void work_on(LoopThread& loop);
  void on_hangup();
  // The edge location of the topology that one of the addresses is of; null: none.
  const topology::EdgeLocation* edge_location(const std::vector<net::Address>& addresses) const {
    return location_files_->edge_location(addresses);
  }
  // The same, or the one of that code.
  const topology::EdgeLocation* edge_location(const std::string& code,
                                              const std::vector<net::Address>& addresses) const {
    const auto* named = location_files_->edge_location(code);
    return named ? named : location_files_->edge_location(addresses);
  }
  // Where clients are, for another engine: now, and whenever the files change. It outlives the watch.
  using PublishLocations = std::function<void(std::unique_ptr<const snapshots::location::Locations>)>;
  void also_publish_locations(PublishLocations publish);

 private:
  DnsSide(DirectoryLock lock, const std::string& data_dir, const World& world)
      : lock_(std::move(lock)), world_(world), health_(data_dir, world) {}

  void watch_locations();

  DirectoryLock lock_;
  World world_;
  HealthSide health_;
  int receive_buffer_asked_ = 0;
  std::unique_ptr<ServerCertificate> certificate_;                // null: no DNS over TLS
  std::unique_ptr<engines::dns::query_log::QueryLog> query_log_;  // null: no log
  std::unique_ptr<LocationFiles> location_files_;
  PublishLocations also_publish_;
  std::unique_ptr<DnsService> service_;
  std::unique_ptr<LoopThread> location_loop_;  // null until watched; before its watch goes, it is stopped
  std::unique_ptr<LocationWatch> location_watch_;
  std::unique_ptr<CertificateWatch> certificate_watch_;  // takes renewed certificates over
};

}  // namespace meridian::apps
