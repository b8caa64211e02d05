// SPDX-License-Identifier: MIT
#ifndef MONITOR_CALLLOOP_H
#define MONITOR_CALLLOOP_H

#include <QtPrefork/Call>
#include <QtPrefork/Client>

#include <QtCore/QHash>
#include <QtCore/QObject>
#include <QtCore/QTimer>
#include <QtQml/qqmlregistration.h>

/// Calls a method again and again, a number of calls at a time, until somebody stops it or it makes no sense.
class CallLoop : public QObject
{
    Q_OBJECT
    QML_ELEMENT
    QML_UNCREATABLE("The monitor has one.")
    Q_PROPERTY(QString method READ method WRITE setMethod NOTIFY methodChanged)
    Q_PROPERTY(QString arguments READ arguments WRITE setArguments NOTIFY argumentsChanged)
    Q_PROPERTY(int atATime READ atATime WRITE setAtATime NOTIFY atATimeChanged)
    Q_PROPERTY(int most READ most CONSTANT)
    Q_PROPERTY(bool running READ isRunning NOTIFY runningChanged)
    Q_PROPERTY(QString problem READ problem NOTIFY problemChanged)
    Q_PROPERTY(double finished READ finished NOTIFY counted)
    Q_PROPERTY(double failed READ failed NOTIFY counted)
    Q_PROPERTY(QString lastResult READ lastResult NOTIFY counted)
    Q_PROPERTY(QString lastError READ lastError NOTIFY counted)

public:
    static constexpr int Most = 32;

    explicit CallLoop(Prefork::Client *client, QObject *parent = nullptr);

    [[nodiscard]] QString method() const { return m_method; }
    void setMethod(const QString &method);
    /// Returns the arguments as they were typed. See CallArguments.
    [[nodiscard]] QString arguments() const { return m_arguments; }
    void setArguments(const QString &arguments);
    /// Returns how many calls there are at a time, 1 to Most.
    [[nodiscard]] int atATime() const { return m_atATime; }
    void setAtATime(int count);
    [[nodiscard]] static int most() { return Most; }
    [[nodiscard]] bool isRunning() const { return m_isRunning; }
    /// Returns why the loop did not start, or has ended, in one sentence for people. It is empty if there is no reason.
    [[nodiscard]] QString problem() const { return m_problem; }
    /// Returns how many calls had a result since start().
    [[nodiscard]] double finished() const { return double(m_finished); }
    /// Returns how many had an error.
    [[nodiscard]] double failed() const { return double(m_failed); }
    /// Returns the last result as a text of at most a hundred characters.
    [[nodiscard]] QString lastResult() const;
    [[nodiscard]] QString lastError() const { return m_lastError; }

    /// Starts with the method and the arguments of now. If they are no good, problem() says so.
    Q_INVOKABLE void start();
    /// Makes no more calls. Calls that a worker has may end; the others are canceled if no worker is there.
    Q_INVOKABLE void stop();

Q_SIGNALS:
    void methodChanged();
    void argumentsChanged();
    void atATimeChanged();
    void runningChanged();
    void problemChanged();
    void counted(); ///< emitted four times a second at most

private:
    void fill();
    void makeCall();
    void takeResult(quint64 number, const QVariant &result);
    void takeError(quint64 number, const Prefork::Error &error);
    void setRunning(bool running);
    void setProblem(const QString &problem);

    Prefork::Client *m_client;
    QString m_method;
    QString m_arguments;
    QVariantList m_values; // what m_arguments was when the loop started
    int m_atATime = 4;
    bool m_isRunning = false;
    QString m_problem;
    qint64 m_finished = 0;
    qint64 m_failed = 0;
    QVariant m_lastResult;
    QString m_lastError;
    QHash<quint64, Prefork::Call> m_calls; // that have not settled
    quint64 m_lastNumber = 0;
    QTimer m_pause; // after an error that would come again at once
    QTimer m_count; // until counted() is emitted
};

#endif
