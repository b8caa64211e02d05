// SPDX-License-Identifier: MIT
#ifndef STORM_REQUESTS_H
#define STORM_REQUESTS_H

#include <QtPrefork/Event>
#include <QtPrefork/Method>

#include <QtCore/QString>

#include <random>

/// What clients ask workers, and what a right answer looks like.
namespace Storm {

using Random = std::mt19937_64;

/// One of 0 … @p count - 1.
[[nodiscard]] inline int pick(Random &random, int count)
{
    return int(random() % quint64(count));
}
[[nodiscard]] inline bool oneIn(Random &random, int count)
{
    return pick(random, count) == 0;
}

/// How a worker ends itself.
enum Death : int {
    Segfault,
    Abort,
    ExitZero,
    ExitThree,
    AlarmSoon, ///< in a moment, whatever it does then: perhaps it writes its answer
    DeathCount,
};

/// work(id, nonce, size of the answer's payload, µs to take, payload)
inline constexpr Prefork::Method<QString(qint64, qint64, int, int, QString)> work{"work"};
/// Throws.
inline constexpr Prefork::Method<QString(qint64, qint64)> fail{"fail"};
/// die(id, nonce, Death)
inline constexpr Prefork::Method<QString(qint64, qint64, int)> die{"die"};

/// tell(id, nonce, size of the answer's payload, steps, µs to take for each step): before each step it says told(nonce,
/// number of the step, from 0), and the number of steps there have been, this one included, as its progress. It ends
/// early when it is canceled.
inline constexpr Prefork::Method<QString(qint64, qint64, int, int, int)> tell{"tell"};
inline constexpr Prefork::Event<qint64, int> told{"told"};

struct Request
{
    enum Kind { Work, Fail, Die, Tell };

    Kind kind = Work;
    qint64 id = 0;
    qint64 nonce = 0;
    int size = 0;
    int answerSize = 0;
    int microseconds = 0;
    int steps = 0;
    int runTimeout = 0; ///< in ms; 0 = none
    int death = Segfault;

    [[nodiscard]] QString payload() const;
    /// What a worker answers to this and to no other request.
    [[nodiscard]] QString answer() const;
};

/// A request of one of the common kinds, mostly small and short.
[[nodiscard]] Request makeRequest(Random &random, qint64 id);

/// Another one in its place, which says something and takes some time.
[[nodiscard]] Request toldInstead(Random &random, const Request &request);

/// For workers: the answer to what has arrived.
[[nodiscard]] QString answerTo(qint64 id, qint64 nonce, int answerSize, const QString &payload);

}

#endif
