// A service whose calls can be tried: a dry run is carried out by a second one of its kind, made for that
// call over a store that keeps nothing.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "aws/service.h"
#include "store/dry_run_store.h"

namespace meridian::apps {

template <typename RealService>
class ServiceWithDryRuns final : public aws::Service {
 public:
  using Make = std::function<std::unique_ptr<RealService>(store::Store&)>;

  ServiceWithDryRuns(store::Store& store, Make make)
      : store_(store), make_(std::move(make)), real_(make_(store)) {}

  RealService& real() { return *real_; }
  // One whose changes go to `store`.
  std::unique_ptr<RealService> over(store::Store& store) const { return make_(store); }

  const aws::ServiceModel& model() const override { return real_->model(); }
  bool has_dry_runs() const override { return true; }
  bool has_soft_purges(const aws::Operation& operation) const override {
    return real_->has_soft_purges(operation);
  }
  bool decides_access() const override { return real_->decides_access(); }
  aws::Outcome<void> authorize(const aws::Call& call, const aws::Operation& operation,
                               const aws::Value& input) override {
    return real_->authorize(call, operation, input);
  }
  aws::Outcome<void> vet(const aws::Operation& operation, const aws::Value& input) override {
    return real_->vet(operation, input);
  }
  aws::Outcome<aws::Value> invoke(aws::Call& call, const aws::Operation& operation,
                                  const aws::Value& input) override;

 private:
  store::Store& store_;
  Make make_;
  std::unique_ptr<RealService> real_;
};

// JSON: a list of the resources that would be put or deleted, at most kWouldChangeMax of them, and then how
// many there are. What only serves the store (indexes, changes) is left out.
inline constexpr std::size_t kWouldChangeMax = 50;
std::string describe(const store::DryRunStore::Changes& changes);

template <typename RealService>
aws::Outcome<aws::Value> ServiceWithDryRuns<RealService>::invoke(aws::Call& call,
                                                                 const aws::Operation& operation,
                                                                 const aws::Value& input) {
  if (!call.dry_run) return real_->invoke(call, operation, input);
  store::DryRunStore nothing_is_kept(store_);
  auto output = over(nothing_is_kept)->invoke(call, operation, input);
  call.would_change = describe(nothing_is_kept.changes());
  return output;
}

}  // namespace meridian::apps
