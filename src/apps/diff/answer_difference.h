// Which share of a population of clients would get another answer from one snapshot than from another, and
// which. Random policies are compared as distributions: of a client whose answer was A in 80 of 100 cases and
// is in 70, a tenth changes.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engines/dns/explain.h"

namespace meridian::apps {

// A client, or many that ask alike.
struct DiffClient {
  net::IpAddress address;  // of the resolver
  std::optional<dns::ClientSubnet> subnet;
  double weight = 1;
};

struct DiffQuestion {
  dns::Name name;
  dns::Type type = dns::Type::A;
};

struct AnswerMove {
  std::string from, to;
  double share = 0;                  // of the question's clients
  std::vector<std::string> clients;  // that it happens to, a few
};

struct QuestionDifference {
  DiffQuestion question;
  double weight = 0;         // of its clients
  double changed_share = 0;  // of them
  struct Shares {
    double before = 0, after = 0;
  };
  std::map<std::string, Shares> answers;
  std::vector<AnswerMove> moves;  // the greatest first
};

class AnswerDifference {
 public:
  static constexpr std::size_t kMovesMax =
      1000;  // told apart; the rest are one move from and to "other answers"
  static constexpr std::size_t kExamplesMax = 3;

  AnswerDifference(engines::dns::AskedOf before, engines::dns::AskedOf after, unsigned draws)
      : before_(before, draws), after_(after, draws) {}

  // Answers are computed until `answers_left` is used up; false then, and the clients so far count.
  Result<bool> ask(const DiffQuestion& question, std::span<const DiffClient> clients,
                   std::size_t& answers_left, QuestionDifference& out);

 private:
  using Shares = std::vector<engines::dns::AnswerShare>;
  using Moves = std::map<std::pair<std::string, std::string>, AnswerMove>;
  static void compare(const Shares& before, const Shares& after, const DiffClient& client, double weight,
                      QuestionDifference& out, Moves& moves);

  engines::dns::AnswerShares before_, after_;
};

}  // namespace meridian::apps
