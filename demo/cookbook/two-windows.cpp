// SPDX-License-Identifier: MIT
// Two windows that move money between the same two accounts. Each transaction has a worker of its own, and with it a
// connection to the database, from its first statement to its end: this is what a checkout is for.
#include <QtPrefork/Client>
#include <QtPrefork/Interface>
#include <QtPrefork/Zygote>

#include <QtCore/QTemporaryDir>
#include <QtSql/QSqlDatabase>
#include <QtSql/QSqlError>
#include <QtSql/QSqlQuery>
#include <QtWidgets/QApplication>
#include <QtWidgets/QLabel>
#include <QtWidgets/QPushButton>
#include <QtWidgets/QVBoxLayout>

#include <cstdio>

using namespace Prefork;

namespace {

inline constexpr Method<void()> begin{"begin"};
inline constexpr Method<void()> commit{"commit"};
inline constexpr Method<void(QString, int)> add{"add"};
inline constexpr Method<int(QString)> balance{"balance"};

void execute(const char *sql, const QVariantList &values = {})
{
    QSqlQuery query;
    query.prepare(QString::fromUtf8(sql));
    for (const QVariant &value : values)
        query.addBindValue(value);
    if (!query.exec())
        throw Error(query.lastError().text());
}

int balanceOf(const QString &account)
{
    QSqlQuery query;
    query.prepare(QStringLiteral("SELECT amount FROM account WHERE name = ?"));
    query.addBindValue(account);
    if (!query.exec() || !query.next())
        throw Error(QStringLiteral("there is no account '%1'").arg(account));
    return query.value(0).toInt();
}

// [database]
// This runs in each worker before its first call, because a connection to SQLite does not survive a fork.
void openDatabase(const QString &file)
{
    QSqlDatabase database = QSqlDatabase::addDatabase(QStringLiteral("QSQLITE"));
    database.setDatabaseName(file);
    if (!database.open())
        throw Error(database.lastError().text());
    execute("PRAGMA busy_timeout = 20000");
    execute("CREATE TABLE IF NOT EXISTS account (name TEXT PRIMARY KEY, amount INTEGER CHECK (amount >= 0))");
    execute("INSERT OR IGNORE INTO account VALUES ('ada', 100), ('bob', 0)");
}
// [database]

// [transaction]
class Window : public QWidget
{
public:
    Window(Client *client, const QString &from, const QString &to)
        : m_client(client)
        , m_from(from)
        , m_to(to)
        , m_label(new QLabel)
    {
        auto *const layout = new QVBoxLayout(this);
        auto *const button = new QPushButton(QStringLiteral("Move 5 from %1 to %2").arg(from, to));
        layout->addWidget(m_label);
        layout->addWidget(button);
        connect(button, &QPushButton::clicked, this, [this] { move(5); });
    }
    void move(int amount)
    {
        const CheckoutPtr checkout = m_client->checkout();
        frameTry(
            [&] {
                checkout->call(begin);
                // Fails if the balance would become negative; then nothing behind it runs.
                checkout->call(add, m_from, -amount);
                checkout->call(add, m_to, amount);
                checkout->call(commit, this, [this] { show(QStringLiteral("moved")); });
            },
            [this](const Error &error) { show(error.message()); }); // checkoutDone rolls back what was begun
    }

    std::function<void(const QString &)> show = [this](const QString &text) { m_label->setText(text); };

private:
    Client *m_client;
    QString m_from;
    QString m_to;
    QLabel *m_label;
};
// [transaction]

}

int main(int argc, char *argv[])
{
    const QTemporaryDir directory;
    const QString file = directory.filePath(QStringLiteral("bank.sqlite"));
    Interface work;
    // [methods]
    work.setApplication<QCoreApplication>(); // QtSql needs one from Qt 6.8 on
    work.setup([file] { openDatabase(file); });
    work.checkoutDone([] { QSqlDatabase::database().rollback(); });
    work.add(begin, [] { execute("BEGIN IMMEDIATE"); });
    work.add(commit, [] { execute("COMMIT"); });
    work.add(add, [](const QString &account, int amount) {
        execute("UPDATE account SET amount = amount + ? WHERE name = ?", {amount, account});
    });
    // [methods]
    work.add(balance, balanceOf);
    Zygote zygote(work);
    QApplication app(argc, argv);
    Client client(&zygote, {.maxWorkers = 2});

    Window first(&client, QStringLiteral("ada"), QStringLiteral("bob"));
    Window second(&client, QStringLiteral("bob"), QStringLiteral("ada"));
    first.QWidget::show();
    second.QWidget::show();
    if (!app.arguments().contains(QStringLiteral("--play")))
        return QApplication::exec();

    // Does what a person would do: presses both buttons again and again.
    int left = 100;
    const auto next = [&](const QString &) {
        if (--left == 0)
            QApplication::quit();
    };
    first.show = second.show = next;
    for (int i = 0; i < 50; ++i) {
        first.move(5);
        second.move(5);
    }
    QApplication::exec();
    int sum = 0;
    int answers = 0;
    const QStringList accounts{QStringLiteral("ada"), QStringLiteral("bob")};
    for (const QString &account : accounts)
        client.call(balance, account, [&](int amount) { // two workers answer in any order
            sum += amount;
            if (++answers == accounts.size())
                QApplication::quit();
        });
    QApplication::exec();
    std::printf("the accounts have %d together, as before\n", sum);
    return 0;
}
