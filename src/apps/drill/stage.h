// Where a drill happens: a world of its own in virtual time, or a running server. Everything that the drill
// knows of either comes through here, so that the same story is told of both.
// Of the loop's thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/error.h"
#include "aws/shape.h"
#include "net/loop.h"

namespace meridian::apps::drill {

// A name of the drill's zone, and the Region in whose place the resolver is; "": nowhere known.
struct Question {
  std::string name, region;
  auto operator<=>(const Question&) const = default;
};
struct Reply {
  std::vector<net::IpAddress> addresses;
  Duration ttl{};
};
// How often DNS answers with which address; of answers with many, each counts its part.
using Shares = std::map<net::IpAddress, double>;

// What one checker found last.
struct Seen {
  std::string region;
  bool healthy = false;
  std::string reason;
  SystemTime checked{};
};

class Stage {
 public:
  virtual ~Stage() = default;

  virtual net::Loop& loop() = 0;
  virtual bool pass(Duration time) = 0;  // of the loop; false: the drill is to end
  // Called, on the loop, whenever shares() or healthy() may be others; a real stage looks now and then.
  virtual void watch(std::function<void()> changed) = 0;

  // Route 53 itself.
  template <typename Output, typename Input>
  aws::Outcome<Output> call(std::string_view operation, const Input& input) {
    auto output = call_value(operation, aws::Value::of(input));
    if (!output) return std::unexpected(std::move(output).error());
    return output->template as<Output>();
  }
  virtual std::string zone_name() const = 0;

  virtual net::Address endpoint_address(std::size_t number, bool tls) const = 0;
  virtual Result<std::shared_ptr<net::TlsServerContext>> tls() = 0;
  // Packets between the endpoint and everybody, or that checker, are lost or not. False: it cannot be done
  // here, and the endpoint should not answer instead.
  virtual bool lose(const net::IpAddress& endpoint, const std::optional<net::IpAddress>& checker,
                    bool lost) = 0;

  virtual void ask(const Question& question, std::function<void(std::optional<Reply>)> on_reply) = 0;
  // `drawn`: one answer does not tell all, as a policy draws among more.
  virtual Shares shares(const Question& question, bool drawn) = 0;
  virtual std::vector<Seen> seen(const std::string& health_check_id) = 0;
  virtual bool healthy(const std::string& health_check_id) = 0;

 private:
  virtual aws::Outcome<aws::Value> call_value(std::string_view operation, const aws::Value& input) = 0;
};

const std::vector<std::string>& checker_regions();
// Where the checker of a Region probes loopback endpoints from; none: there is none there.
std::optional<net::IpAddress> checker_address(std::string_view region);

}  // namespace meridian::apps::drill
