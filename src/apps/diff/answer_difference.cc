#include "apps/diff/answer_difference.h"

#include <fmt/format.h>

#include <algorithm>

namespace meridian::apps {
namespace {

constexpr const char* kOthers = "other answers";
constexpr double kNothing = 1e-9;  // what adding up shares leaves

std::string shown(const DiffClient& client) {
  if (!client.subnet) return client.address.to_string();
  const auto& subnet = *client.subnet;
  const net::IpAddress address =
      subnet.family == 2
          ? net::IpAddress::v6(subnet.address)
          : net::IpAddress::v4({subnet.address[0], subnet.address[1], subnet.address[2], subnet.address[3]});
  return fmt::format("{}/{}", address.to_string(), subnet.source_bits);
}

double share_of(const std::vector<engines::dns::AnswerShare>& shares, const std::string& answer) {
  const auto found = std::ranges::find(shares, answer, &engines::dns::AnswerShare::answer);
  return found == shares.end() ? 0 : found->share;
}

}  // namespace

// What answers lose goes to those that gain, to each in proportion to its gain.
void AnswerDifference::compare(const Shares& before, const Shares& after, const DiffClient& client,
                               double weight, QuestionDifference& out, Moves& moves) {
  double gained = 0;
  for (const auto& [answer, share] : before) out.answers[answer].before += weight * share;
  for (const auto& [answer, share] : after) {
    out.answers[answer].after += weight * share;
    gained += std::max(share - share_of(before, answer), 0.0);
  }
  if (gained < kNothing) return;
  out.changed_share += weight * gained;
  for (const auto& [from, share_before] : before) {
    const double lost = share_before - share_of(after, from);
    if (lost < kNothing) continue;
    for (const auto& [to, share_after] : after) {
      const double won = share_after - share_of(before, to);
      if (won < kNothing) continue;
      auto key = std::pair(from, to);
      if (moves.size() >= kMovesMax && !moves.contains(key)) key = {kOthers, kOthers};
      AnswerMove& move = moves[key];
      move.share += weight * lost * won / gained;
      if (move.clients.size() < kExamplesMax) move.clients.push_back(shown(client));
    }
  }
}

Result<bool> AnswerDifference::ask(const DiffQuestion& question, std::span<const DiffClient> clients,
                                   std::size_t& answers_left, QuestionDifference& out) {
  out.question = question;
  Moves moves;
  bool whole = true;
  double everybody = 0;
  for (const DiffClient& client : clients) everybody += client.weight;
  for (const DiffClient& client : clients) {
    if (answers_left == 0) {
      whole = false;
      break;
    }
    engines::dns::Asked asked{.name = question.name, .type = question.type, .client = {client.address, 53}};
    asked.subnet = client.subnet;
    const Shares before = TRY(before_.ask(asked)), after = TRY(after_.ask(asked));
    answers_left -= std::min(answers_left, std::size_t{before_.answers()} + after_.answers());
    const bool same_for_all = before_.same_for_all() && after_.same_for_all();
    // Nobody else need be asked then.
    const double weight = same_for_all ? everybody - out.weight : client.weight;
    out.weight += weight;
    compare(before, after, client, weight, out, moves);
    if (same_for_all) break;
  }
  if (out.weight > 0) {
    out.changed_share /= out.weight;
    for (auto& [answer, shares] : out.answers)
      shares = {shares.before / out.weight, shares.after / out.weight};
  }
  for (auto& [key, move] : moves) {
    move.from = key.first;
    move.to = key.second;
    move.share /= out.weight;
    out.moves.push_back(std::move(move));
  }
  std::ranges::stable_sort(out.moves, std::ranges::greater(), &AnswerMove::share);
  return whole;
}

}  // namespace meridian::apps
