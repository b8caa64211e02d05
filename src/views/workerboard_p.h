// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_WORKERBOARD_P_H
#define QTPREFORK_WORKERBOARD_P_H

#include <QtPrefork/workermodel.h>

#include <QtCore/QList>
#include <QtCore/QString>

#include <chrono>
#include <map>
#include <optional>
#include <vector>

namespace Prefork::Views {

/// This is what can be seen of a worker at one moment.
struct SeenWorker
{
    quint64 worker = 0; ///< the number of the worker; no number is used twice
    WorkerModel::State state = WorkerModel::Connecting;
    qint64 pid = 0;
    QString method = {};
    std::chrono::nanoseconds
        since{}; ///< when the call began, by the monotonic clock; 0 if there is none or it is not known
    qint64 callsServed = 0;

    friend bool operator==(const SeenWorker &, const SeenWorker &) = default;
};

/// This is a row of a WorkerModel, where workers come and go.
struct Place
{
    SeenWorker seen{.state = WorkerModel::Empty}; ///< the worker in this place; its number is 0 if the place is empty
    QString lastDeath = {};
    std::chrono::nanoseconds emptySince{}; ///< since when the place is empty, if it is

    [[nodiscard]] bool isEmpty() const { return seen.worker == 0; }
};

/// These are the rows of a WorkerModel. The board makes a plan of what changes. The model then has the parts of the
/// plan carried out one by one, and tells its views of each.
class WorkerBoard
{
public:
    using Time = std::chrono::nanoseconds;

    struct Plan
    {
        std::vector<Place> places = {}; ///< the new content of the existing rows
        int firstChanged = -1; ///< the first row whose content changes; -1 = none
        int lastChanged = -1; ///< the last one
        QList<int> roles = {}; ///< the roles that change in any of these rows
        std::vector<int> removed = {}; ///< the rows that are removed after that, the last one first
        std::vector<Place> appended = {}; ///< the rows that are appended after that
    };

    explicit WorkerBoard(Time keepsEmpty)
        : m_keepsEmpty(keepsEmpty)
    {
    }

    [[nodiscard]] int size() const { return int(m_places.size()); }
    [[nodiscard]] const Place &at(int row) const { return m_places[std::size_t(row)]; }

    /// Notes why a worker died, or was given up. Only the first reason counts; returns false for a further one.
    bool noteDeath(quint64 worker, const QString &reason);
    /// Returns whether plan() would change anything. @p workers are all workers, in the order of their numbers.
    [[nodiscard]] bool differs(const std::vector<SeenWorker> &workers, Time now) const;
    /// Returns what has to change.
    [[nodiscard]] Plan plan(const std::vector<SeenWorker> &workers, Time now) const;
    /// Carries out the first part of a plan: changes the content of the existing rows.
    void change(Plan &plan);
    /// Carries out the second part of a plan, for each of its removed rows.
    void remove(int row);
    /// Carries out the third part of a plan: appends rows.
    void append(Plan &plan);
    /// Forgets why workers died, except for workers that are still there.
    void forgetDeaths(const std::vector<SeenWorker> &workers);
    /// Removes all rows, and forgets all deaths.
    void clear();
    /// Returns when the next row has been empty for long enough; nothing if no row is empty.
    [[nodiscard]] std::optional<Time> nextRemoval() const;
    /// Returns the first and the last row whose worker is Running; nothing if there is none.
    [[nodiscard]] std::optional<std::pair<int, int>> running() const;
    /// Returns the process id of a worker, as its row has it; 0 if the worker has no row.
    [[nodiscard]] qint64 pidOf(quint64 worker) const;

private:
    [[nodiscard]] int rowOf(quint64 worker) const;

    const Time m_keepsEmpty;
    std::vector<Place> m_places;
    std::map<quint64, QString> m_deaths;
};

}

#endif
