// SPDX-License-Identifier: MIT
#include <QtPrefork/calllog.h>

#include "client/clientmodel_p.h"
#include "posix/clock_p.h"
#include "views/lastcalls_p.h"

#include <QtCore/QDateTime>
#include <QtCore/QLocale>
#include <QtCore/QPointer>

namespace Prefork {

using namespace Internal;
using Views::EndedCall;

namespace {

constexpr std::array CallColumns{
    TableColumn{CallLog::SettledAtRole, "settledAt", QT_TRANSLATE_NOOP("Prefork::CallLog", "Settled at")},
    TableColumn{CallLog::MethodRole, "method", QT_TRANSLATE_NOOP("Prefork::CallLog", "Method")},
    TableColumn{CallLog::OutcomeRole, "outcome", QT_TRANSLATE_NOOP("Prefork::CallLog", "Outcome")},
    TableColumn{CallLog::TimeInLineRole, "timeInLine", QT_TRANSLATE_NOOP("Prefork::CallLog", "In line"), true},
    TableColumn{CallLog::TimeRunningRole, "timeRunning", QT_TRANSLATE_NOOP("Prefork::CallLog", "Running"), true},
    TableColumn{CallLog::ErrorTextRole, "errorText", QT_TRANSLATE_NOOP("Prefork::CallLog", "Error")},
    TableColumn{CallLog::ErrorCodeRole, "errorCode", nullptr},
};
constexpr TableColumns CallTable("Prefork::CallLog", CallColumns);

CallLog::Outcome outcomeOf(const EndedCall &call)
{
    switch (call.outcome) {
    case EndedCall::Finished:
        break;
    case EndedCall::Failed:
        return CallLog::Failed;
    case EndedCall::Canceled:
        return CallLog::Canceled;
    }
    return CallLog::Finished;
}

QDateTime settledAt(const EndedCall &call)
{
    return QDateTime::fromMSecsSinceEpoch(call.settledAt.count());
}

// Sets the dates of calls that are taken into the rows together. Asking the calendar for each call would be slow.
void findDates(std::deque<EndedCall> *calls)
{
    const auto sinceEpoch = std::chrono::milliseconds(QDateTime::currentMSecsSinceEpoch());
    const std::chrono::nanoseconds now = Posix::now();
    for (EndedCall &call : *calls)
        call.settledAt = sinceEpoch - std::chrono::floor<std::chrono::milliseconds>(now - call.settled);
}

QVariant valueOf(const EndedCall &call, int role)
{
    switch (role) {
    case CallLog::SettledAtRole:
        return settledAt(call);
    case CallLog::MethodRole:
        return call.method;
    case CallLog::OutcomeRole:
        return int(outcomeOf(call));
    case CallLog::TimeInLineRole:
        return inMilliseconds(call.inLine());
    case CallLog::TimeRunningRole:
        return inMilliseconds(call.running());
    case CallLog::ErrorTextRole:
        return call.errorText;
    case CallLog::ErrorCodeRole:
        return int(call.errorCode);
    default:
        return {};
    }
}

QString outcomeText(const EndedCall &call)
{
    switch (outcomeOf(call)) {
    case CallLog::Finished:
        return CallLog::tr("finished");
    case CallLog::Failed:
        return CallLog::tr("failed");
    case CallLog::Canceled:
        return CallLog::tr("canceled");
    }
    return {};
}

QVariant textOf(const EndedCall &call, int role)
{
    switch (role) {
    case CallLog::SettledAtRole:
        return settledAt(call).time().toString(QStringLiteral("HH:mm:ss.zzz"));
    case CallLog::OutcomeRole:
        return outcomeText(call);
    case CallLog::TimeInLineRole:
        return shortDuration(call.inLine());
    case CallLog::TimeRunningRole:
        return call.hasBegun ? shortDuration(call.running()) : QVariant();
    default:
        return valueOf(call, role);
    }
}

}

class CallLogPrivate final : public detail::ClientModelPrivate
{
public:
    explicit CallLogPrivate(CallLog *log)
        : ClientModelPrivate(log, Interest::Calls, CallTable)
        , q(log)
    {
    }

    int rowCount() const override { return int(calls.size()); }
    QVariant value(int row, int role) const override { return valueOf(calls.at(row), role); }
    QVariant text(int row, int role) const override { return textOf(calls.at(row), role); }
    void callEnded(const EndedCall &call) override { calls.add(call); }
    bool isDue() override { return calls.hasNews() && !m_isChanging; }
    void tell() override;
    void setLimit(int limit);
    void clear();

    CallLog *const q;
    Views::LastCalls calls{100};

private:
    template <class Change>
    [[nodiscard]] bool changed(Change change);
    void dropOldest(qsizetype count);
    void trim();

    bool m_isChanging = false; // a signal is being emitted that tells of a change of the rows
    bool m_isClearDue = false; // clear() was called inside such a signal
};

// Runs @p change, which changes rows and emits signals. What the slots do to the log happens after that. Returns false
// if a slot has deleted the log.
template <class Change>
bool CallLogPrivate::changed(Change change)
{
    const QPointer<QObject> alive = q;
    m_isChanging = true;
    change();
    if (!alive)
        return false;
    m_isChanging = false;
    return true;
}

void CallLogPrivate::dropOldest(qsizetype count)
{
    q->beginRemoveRows({}, int(calls.size() - count), int(calls.size()) - 1);
    calls.dropOldest(count);
    q->endRemoveRows();
}

void CallLogPrivate::tell()
{
    if (m_isChanging || !calls.hasNews())
        return;
    const bool isAlive = changed([this] {
        std::deque<EndedCall> news = calls.takeNews();
        findDates(&news);
        const Views::LastCalls::Change change = calls.changeFor(news);
        if (change.removed > 0)
            dropOldest(change.removed);
        q->beginInsertRows({}, 0, int(change.inserted) - 1);
        calls.takeIn(news, change.inserted);
        q->endInsertRows();
    });
    if (isAlive)
        trim();
}

// Does what could not be done while m_isChanging was true: clears the rows, or removes those beyond the limit.
void CallLogPrivate::trim()
{
    if (std::exchange(m_isClearDue, false))
        clear();
    else if (const qsizetype excess = calls.excess(); excess > 0)
        static_cast<void>(changed([&] { dropOldest(excess); }));
}

void CallLogPrivate::setLimit(int limit)
{
    if (limit == calls.limit())
        return;
    if (limit < 0) {
        qWarning("Prefork::CallLog::setLimit(): %d is no number of rows", limit);
        return;
    }
    calls.setLimit(limit);
    const QPointer<QObject> alive = q;
    if (!m_isChanging)
        trim();
    if (alive) {
        Q_EMIT q->limitChanged();
    }
}

void CallLogPrivate::clear()
{
    if (m_isChanging) {
        m_isClearDue = true;
        return;
    }
    static_cast<void>(changed([this] {
        q->beginResetModel();
        calls.clear();
        q->endResetModel();
    }));
}

CallLog::CallLog(QObject *parent)
    : ClientModel(parent)
    , d(new CallLogPrivate(this))
{
    m_private.reset(d);
}

CallLog::CallLog(Client *client, QObject *parent)
    : CallLog(parent)
{
    setClient(client);
}

CallLog::~CallLog() = default;

int CallLog::limit() const
{
    return int(d->calls.limit());
}

void CallLog::setLimit(int limit)
{
    d->setLimit(limit);
}

void CallLog::clear()
{
    d->clear();
}

}
