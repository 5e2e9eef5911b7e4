// Changes: what a caller polls until the engines serve it.
#include "gen/route53/errors.h"
#include "services/route53/service.h"
#include "services/route53/validate.h"

namespace meridian::services::route53 {
namespace {

constexpr std::string_view kAlphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::size_t kTimeDigits = 11;  // base 36 microseconds: enough until the year 6000
constexpr std::size_t kRandomDigits = 9;
constexpr std::size_t kForgottenAtOnce = 4;

// Ids sort by time, so the oldest changes are the first keys.
std::string new_change_id(SystemTime now, Random& random) {
  auto left = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count());
  std::string digits(kTimeDigits, '0');
  for (std::size_t i = kTimeDigits; i > 0; --i, left /= kAlphabet.size())
    digits[i - 1] = kAlphabet[left % kAlphabet.size()];
  return 'C' + digits + random.text(kRandomDigits, kAlphabet);
}

api::ChangeInfo shown(const ChangeResource& change, bool in_sync) {
  api::ChangeInfo info;
  info.Id = "/change/" + change.id;
  info.Status = in_sync ? "INSYNC" : "PENDING";
  info.SubmittedAt = change.submitted_at;
  info.Comment = change.comment;
  return info;
}

}  // namespace

aws::Failure overtaken() {
  return api::errors::PriorRequestNotComplete(
      "The request was rejected because Route 53 was still processing a prior request.");
}

aws::Outcome<api::ChangeInfo> Route53::add_change(const aws::Call& call, const std::string& zone_id,
                                                  const std::optional<std::string>& comment,
                                                  store::Transaction& transaction) {
  SystemTime now = clock_.now();
  // Milliseconds are what AWS shows.
  ChangeResource change{new_change_id(now, random_), call.account_id,
                        std::chrono::floor<std::chrono::milliseconds>(now), comment, zone_id};
  store::Range oldest = TRY(aws::or_failure(store_.range(kChangesPrefix, {.limit = kForgottenAtOnce})));
  for (const store::KeyValue& item : oldest.items) {
    bool overtaken = item.created + kChangeCommitsKept < oldest.revision;
    if (overtaken || TRY(aws::or_failure(decode_change(item.value))).submitted_at + kChangeKept < now)
      transaction.deletes.push_back(item.key);
  }
  transaction.puts.push_back({change_key(change.id), encode(change)});
  return shown(change, false);
}

aws::Outcome<api::GetChangeResponse> Route53::GetChange(aws::Call& call, const api::GetChangeRequest& input) {
  std::string_view id = bare_id(input.Id);
  auto change = TRY(aws::read(store_, change_key(id), decode_change));
  if (!change || change->value.account != call.account_id)
    return api::errors::NoSuchChange(fmt::format("Could not find resource with ID: {}", id));
  return api::GetChangeResponse{
      .ChangeInfo = shown(change->value, acknowledgements_.serves(change->value.zone_id, change->created))};
}

}  // namespace meridian::services::route53
