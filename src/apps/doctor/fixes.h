// The calls that end traps, as commands. Record sets are written whole, as the API shows them, so that a
// command says everything that will be there.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "apps/doctor/finding.h"
#include "apps/doctor/picture.h"

namespace meridian::apps::doctor {

// Changes of one zone, in one batch.
class ChangeBatch {
 public:
  explicit ChangeBatch(const Zone& zone) : zone_(zone) {}
  ChangeBatch& put(r53::ResourceRecordSet set);  // UPSERT
  ChangeBatch& create(r53::ResourceRecordSet set);
  ChangeBatch& remove(const RecordSet& set);
  ShellCommand command() const;

 private:
  const Zone& zone_;
  std::vector<r53::Change> changes_;
};

// One change: the record set as it is, but for what `change` does to it.
ShellCommand put_changed(const RecordSet& set, const std::function<void(r53::ResourceRecordSet&)>& change);
ShellCommand remove(const RecordSet& set);

ShellCommand route53(std::string_view operation);  // "aws route53 <operation>"
ShellCommand update_check(const Check& check);     // to be given what to set
ShellCommand delete_check(std::string_view id);

// A call that makes a health check, whose id becomes $variable.
ShellCommand create_check(const r53::HealthCheckConfig& config, std::string_view variable = "check");
// In place of `old`, which is deleted: everything that goes by it goes by the new one.
std::vector<ShellCommand> replace_check(const Picture& picture, const Check& old,
                                        const r53::HealthCheckConfig& config);

// What a health check of this record set's endpoint would be: as those of its neighbours are, else a request
// for /health. Nothing when the record set has no endpoint, or the server would refuse to probe it.
std::optional<r53::HealthCheckConfig> check_for(const Picture& picture, const RecordSet& set);
// Makes that check and gives it to the record set; without commands when there can be none.
Fix attach_check(const Picture& picture, const RecordSet& set);
// For several at a time; beyond kChecksPrintedMax the words say that there are more.
inline constexpr std::size_t kChecksPrintedMax = 8;
Fix attach_checks(const Picture& picture, const std::vector<const RecordSet*>& sets);
// Lets an alias evaluate its target.
ShellCommand evaluate_target(const RecordSet& set);

// What a finding is about.
Resource of(const RecordSet& set);
Resource of(const Group& group);
Resource of(const Picture& picture, const Check& check);
Resource of(const Zone& zone);

}  // namespace meridian::apps::doctor
