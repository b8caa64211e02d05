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

/// Something that a call has said before its result, decoded, to be handed over when it is its turn.
class QTPREFORK_EXPORT CallNotice
{
public:
    virtual ~CallNotice();
    /// What the handler throws comes through. The handler is still there, for the CallHandlers are.
    virtual void deliver() = 0;
};

/// One who listens, perhaps with a context object.
class QTPREFORK_EXPORT NoticeHandler
{
public:
    virtual ~NoticeHandler();
    /// Whether the context object lives in another thread than this.
    [[nodiscard]] virtual bool isContextElsewhere() const = 0;
};

/// Takes the events of one name, or of any.
class QTPREFORK_EXPORT EventHandler : public NoticeHandler
{
public:
    /// Null if the event does not carry what it should.
    [[nodiscard]] virtual std::unique_ptr<CallNotice> read(const QString &name, CborReader &arguments, quint64 count)
        = 0;
    /// Appends the wire types of what the event should carry; false if that may be anything.
    [[nodiscard]] virtual bool appendTypes(QByteArray * /*types*/) const { return false; }
};

class QTPREFORK_EXPORT ProgressHandler : public NoticeHandler
{
public:
    [[nodiscard]] virtual std::unique_ptr<CallNotice> take(const Progress &progress) = 0;
};

/// All who listen to what the calls of one maker say before their results.
struct CallHandlers
{
    struct Named
    {
        QString name; ///< null for one that takes any event
        std::shared_ptr<EventHandler> handler;
    };
    std::vector<Named> events;
    std::vector<std::shared_ptr<ProgressHandler>> progress;

    /// Whether any of them has a context object that lives in another thread than this.
    [[nodiscard]] QTPREFORK_EXPORT bool isContextElsewhere() const;

    /// Each adds one handler: @p f is a function, or a context object and a function, as for CallMaker.
    template <class... F>
    void addProgress(F &&...f);
    template <class... A, class... F>
    void addEvent(const Event<A...> &event, F &&...f);
    template <class... F>
    void addAnyEvent(F &&...f);
};

/// What a call is besides its target, its arguments and who takes its result.
struct CallExtras
{
    CallOptions options;
    std::shared_ptr<const CallHandlers> handlers = nullptr;
};

template <class F, class... A>
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
        if (!ContextOf<F>::isElsewhere(m_function)) // it may have been moved since the call was made
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
