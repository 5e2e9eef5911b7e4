#include "apps/invalidate/invalidate_command.h"

#include <fmt/format.h>

#include <thread>

#include "apps/aws_client.h"
#include "aws/call.h"
#include "base/ids.h"
#include "gen/cloudfront/api.h"

namespace meridian::apps {
namespace {

namespace cf = gen::cloudfront;
using namespace std::chrono_literals;

constexpr Duration kWaitMax = 60s, kFirstPause = 2ms, kPauseMax = 100ms;

struct Made {
  std::string id;
  bool completed = false;
  Duration took{};
};

std::unexpected<Error> refused(const aws::ServiceError& error) {
  return fail(ErrorCode::Unavailable, error.code + ": " + error.message);
}

Result<void> wait_for(AwsClient& client, const std::string& distribution, Made& made, const Clock& clock,
                      MonotonicTime asked) {
  for (Duration pause = kFirstPause; !made.completed; pause = std::min(pause * 2, kPauseMax)) {
    if (clock.monotonic() - asked > kWaitMax)
      return fail(ErrorCode::Unavailable,
                  fmt::format("{} is still in progress after {} s; `meridian edges` shows who is behind",
                              made.id, kWaitMax / 1s));
    std::this_thread::sleep_for(pause);
    auto got = client.call<cf::GetInvalidationResult>(
        "GetInvalidation", cf::GetInvalidationRequest{.DistributionId = distribution, .Id = made.id});
    if (!got) return refused(got.error());
    made.completed = got->Invalidation->Status == "Completed";
    made.took = clock.monotonic() - asked;
  }
  return {};
}

Result<Made> make(const InvalidateOptions& options, const Clock& clock, Random& random) {
  std::vector<std::string> items = options.paths;
  for (const std::string& tag : options.tags) items.push_back("#" + tag);
  if (items.empty()) return invalid("say what to invalidate: paths, or --tag");
  AwsClient client = TRY(AwsClient::open(options.client, cf::service_model(), clock));
  AwsClient::Beside beside;
  if (options.soft) beside.said.set(aws::kSoftPurgeHeader, "true");
  const MonotonicTime asked = clock.monotonic();
  auto got = client.call<cf::CreateInvalidationResult>(
      "CreateInvalidation",
      cf::CreateInvalidationRequest{
          .DistributionId = options.distribution,
          .InvalidationBatch = {.Paths = {.Quantity = static_cast<std::int32_t>(items.size()),
                                          .Items = items},
                                .CallerReference = make_uuid(random)}},
      &beside);
  if (!got) return refused(got.error());
  Made made{.id = got->Invalidation->Id, .took = clock.monotonic() - asked};
  if (options.soft && beside.heard.find(aws::kSoftPurgeHeader) == nullptr)
    return fail(ErrorCode::Unavailable,
                fmt::format("{} was made, but that server knows no soft purges: copies are gone", made.id));
  if (options.wait) TRY(wait_for(client, options.distribution, made, clock, asked));
  return made;
}

}  // namespace

int invalidate(const InvalidateOptions& options, const Clock& clock, Random& random) {
  const auto made = make(options, clock, random);
  if (!made) {
    fmt::print(stderr, "meridian: {}\n", made.error().message);
    return made.error().code == ErrorCode::Invalid ? 2 : 1;
  }
  const double milliseconds = std::chrono::duration<double, std::milli>(made->took).count();
  if (options.client.output == Output::Json)
    fmt::print("{{\"id\":\"{}\",\"status\":\"{}\",\"soft\":{},\"milliseconds\":{:.1f}}}\n", made->id,
               made->completed ? "Completed" : "InProgress", options.soft, milliseconds);
  else if (made->completed)
    fmt::print("{}: every edge has acknowledged it, {:.1f} ms after it was asked for\n", made->id,
               milliseconds);
  else
    fmt::print("{}: in progress; every edge has it when GetInvalidation says Completed\n", made->id);
  return 0;
}

}  // namespace meridian::apps
