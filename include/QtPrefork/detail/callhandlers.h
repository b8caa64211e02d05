// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_DETAIL_CALLHANDLERS_H
#define QTPREFORK_DETAIL_CALLHANDLERS_H

#include <QtPrefork/calloptions.h>
#include <QtPrefork/detail/callform.h>
#include <QtPrefork/detail/cborconvert.h>
#include <QtPrefork/event.h>
#include <QtPrefork/framecallback.h>
#include <QtPrefork/progress.h>

#include <QtCore/QVariant>

#include <memory>
#include <tuple>
#include <vector>

namespace Prefork::detail {

/// An event or a progress report of a call: it was decoded, and waits to be given to its handler.
class QTPREFORK_EXPORT CallNotice
{
public:
    virtual ~CallNotice();
    /// Calls the handler. An exception of the handler is thrown to the caller. The handler still exists, because the
    /// call keeps its CallHandlers.
    virtual void deliver() = 0;
};

/// A handler of events or progress, with or without a context object.
class QTPREFORK_EXPORT NoticeHandler
{
public:
    virtual ~NoticeHandler();
    /// Returns true if the context object lives in another thread than the current one.
    [[nodiscard]] virtual bool isContextElsewhere() const = 0;
};

/// A handler of the events of one name, or of all events.
class QTPREFORK_EXPORT EventHandler : public NoticeHandler
{
public:
    /// Decodes an event. Returns null if the event does not carry the types that the handler takes.
    [[nodiscard]] virtual std::unique_ptr<CallNotice> read(const QString &name, CborReader &arguments, quint64 count)
        = 0;
    /// Appends the wire types of the values that the event should carry, and returns true. Returns false if it may
    /// carry any values.
    [[nodiscard]] virtual bool appendTypes(QByteArray * /*types*/) const { return false; }
};

/// A handler of progress.
class QTPREFORK_EXPORT ProgressHandler : public NoticeHandler
{
public:
    /// Makes a notice of @p progress.
    [[nodiscard]] virtual std::unique_ptr<CallNotice> take(const Progress &progress) = 0;
};

/// All handlers of events and progress for the calls of one CallMaker.
struct CallHandlers
{
    /// A handler of events, with the name of its events.
    struct Named
    {
        QString name; ///< null for a handler of all events
        std::shared_ptr<EventHandler> handler;
    };
    std::vector<Named> events;
    std::vector<std::shared_ptr<ProgressHandler>> progress;

    /// Returns true if the context object of any handler lives in another thread than the current one.
    [[nodiscard]] QTPREFORK_EXPORT bool isContextElsewhere() const;

    /// The add functions add one handler each. @p f is a function, or a context object and a function, as for
    /// CallMaker.
    template <class... F>
    void addProgress(F &&...f);
    template <class... A, class... F>
    void addEvent(const Event<A...> &event, F &&...f);
    template <class... F>
    void addAnyEvent(F &&...f);
};

/// The parts of a call besides its target, its arguments and the receiver of its result.
struct CallExtras
{
    CallOptions options;
    std::shared_ptr<const CallHandlers> handlers = nullptr;
};

template <class F, class... A>
/// A notice of values for a function, which may take only the first of them.
class ValuesNotice final : public CallNotice
{
public:
    explicit ValuesNotice(F &function)
        : m_function(function)
    {
    }
    [[nodiscard]] std::tuple<A...> &values() { return m_values; }
    void deliver() override
    {
        if (!ContextOf<F>::isElsewhere(m_function)) // the context object may have been moved since the call was made
            call(std::make_index_sequence<std::size_t(countTaken<F, std::tuple<A...>>())>());
    }

private:
    template <std::size_t... I>
    void call(std::index_sequence<I...>)
    {
        static_cast<void>(m_function(std::get<I>(m_values)...));
    }

    F &m_function;
    std::tuple<A...> m_values;
};

template <class F, class... A>
/// A handler of an Event.
class TypedEventHandler final : public EventHandler
{
    using Checked = MayCross<A...>;

public:
    explicit TypedEventHandler(F function)
        : m_function(std::move(function))
    {
    }
    std::unique_ptr<CallNotice> read(const QString &, CborReader &arguments, quint64 count) override
    {
        auto notice = std::make_unique<ValuesNotice<F, A...>>(m_function);
        const bool isRead
            = std::apply([&](A &...values) { return count == sizeof...(A) && (fromCbor(arguments, &values) && ...); },
                         notice->values());
        if (!isRead || !arguments.atEnd())
            return {};
        return notice;
    }
    bool appendTypes([[maybe_unused]] QByteArray *types) const override
    {
        (appendWireType<A>(types), ...);
        return true;
    }
    bool isContextElsewhere() const override { return ContextOf<F>::isElsewhere(m_function); }

private:
    F m_function;
};

template <class F>
/// A handler of all events.
class AnyEventHandler final : public EventHandler
{
public:
    explicit AnyEventHandler(F function)
        : m_function(std::move(function))
    {
    }
    std::unique_ptr<CallNotice> read(const QString &name, CborReader &arguments, quint64 count) override
    {
        auto notice = std::make_unique<ValuesNotice<F, QString, QVariantList>>(m_function);
        notice->values() = {name, arguments.readVariants(count)};
        if (arguments.isBroken() || !arguments.atEnd())
            return {};
        return notice;
    }
    bool isContextElsewhere() const override { return ContextOf<F>::isElsewhere(m_function); }

private:
    F m_function;
};

template <class F>
/// A handler that calls a function with the progress.
class TypedProgressHandler final : public ProgressHandler
{
public:
    explicit TypedProgressHandler(F function)
        : m_function(std::move(function))
    {
    }
    std::unique_ptr<CallNotice> take(const Progress &progress) override
    {
        auto notice = std::make_unique<ValuesNotice<F, Progress>>(m_function);
        notice->values() = {progress};
        return notice;
    }
    bool isContextElsewhere() const override { return ContextOf<F>::isElsewhere(m_function); }

private:
    F m_function;
};

template <class... F>
void CallHandlers::addProgress(F &&...f)
{
    if constexpr (accept<flawOfHandler<std::tuple<const Progress>, Flaw::ProgressHandler, F...>()>()) {
        auto function = asCallable(std::forward<F>(f)...);
        progress.push_back(std::make_unique<TypedProgressHandler<decltype(function)>>(std::move(function)));
    }
}

template <class... A, class... F>
void CallHandlers::addEvent(const Event<A...> &event, F &&...f)
{
    if constexpr (accept<flawOfHandler<std::tuple<std::remove_cvref_t<A>...>, Flaw::EventHandler, F...>()>()) {
        auto function = asCallable(std::forward<F>(f)...);
        using Handler = TypedEventHandler<decltype(function), std::remove_cvref_t<A>...>;
        events.push_back({QString::fromUtf8(event.name()), std::make_unique<Handler>(std::move(function))});
    }
}

template <class... F>
void CallHandlers::addAnyEvent(F &&...f)
{
    if constexpr (accept<flawOfHandler<std::tuple<QString, QVariantList>, Flaw::AnyEventHandler, F...>()>()) {
        auto function = asCallable(std::forward<F>(f)...);
        events.push_back({QString(), std::make_unique<AnyEventHandler<decltype(function)>>(std::move(function))});
    }
}

}

#endif
