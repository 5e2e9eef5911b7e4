// Clients behind resolvers: each resolver with a cache and manners of its own, each client connecting to what
// it was told, again and again.
// Rule: what happens depends on the loop's time, on what DNS says and on the random numbers given, nothing
// else.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <vector>

#include "apps/drill/scenario.h"
#include "apps/drill/stage.h"
#include "base/random.h"

namespace meridian::apps::drill {

// What came of a client's last attempt.
enum class Outcome : std::uint8_t {
  Well,        // it works
  Behind,      // it works, but DNS would send the client elsewhere by now
  Misled,      // it does not work, and DNS still sends clients there
  Stranded,    // it does not work, and only a cache still sends clients there
  Unanswered,  // there was no address
};
inline constexpr std::size_t kOutcomes = 5;
inline constexpr bool is_wrong(Outcome outcome) {
  return outcome >= Outcome::Misled;
}

struct Tally {
  std::array<std::size_t, kOutcomes> clients{};       // by what came of their last attempt
  std::array<std::uint64_t, kOutcomes> attempts{};    // since the start
  std::map<net::IpAddress, std::uint64_t> addresses;  // attempts at each, since the start
};

class Population {
 public:
  struct World {
    net::Loop& loop;
    Random& random;
    std::function<void(std::function<void(std::optional<Reply>)>)> ask;
    std::function<Outcome(const net::IpAddress&)> try_address;
  };

  Population(const Clients& settings, World world);

  void start();  // they connect from now on
  const Tally& tally() const { return tally_; }

 private:
  struct Resolver {
    std::vector<net::IpAddress> addresses;  // empty: it knows none
    MonotonicTime fresh_until{}, usable_until{};
    bool asking = false;
    std::vector<std::size_t> waiting;  // clients, while it asks
  };
  struct Client {
    std::optional<Outcome> outcome;  // of its last attempt
    std::optional<net::IpAddress> kept;
    MonotonicTime kept_until{};
  };

  void tick();
  Duration some_of(Duration time);
  void attempt(std::size_t client);
  void refresh(std::size_t number);
  void learn(std::size_t number, std::optional<Reply> reply);
  void resolved(std::size_t client, const Resolver& resolver);
  void connect(std::size_t client, const net::IpAddress& address);
  void came(std::size_t client, Outcome outcome);

  const Clients settings_;
  World world_;
  std::vector<Resolver> resolvers_;
  std::vector<Client> clients_;
  Tally tally_;
  MonotonicTime began_{};
  std::uint64_t attempted_ = 0;
  std::unique_ptr<net::Timer> timer_;
};

}  // namespace meridian::apps::drill
