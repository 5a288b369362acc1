/** (k) Records: 2M orders, as objects, grouped by customer and summed up per customer, 200k of them. */

import { partitionsAt, type BenchCase } from '../bench-case.ts'

interface Order {
  id: number
  customer: string
  country: string
  amount: number
  express: boolean
}

const countries = ['at', 'be', 'ch', 'de', 'fr', 'it', 'nl']

/** Amounts are quarters, so that their sums are exact. */
function orderAt(i: number, customers: number): Order {
  return {
    id: i,
    customer: `customer ${((i * 48271) % 2147483647) % customers}`,
    country: countries[i % 7]!,
    amount: (i % 1000) / 4,
    express: i % 3 === 0,
  }
}

interface Summary {
  orders: number
  spent: number
  largest: number
  express: number
  countries: number
}

function summarise(orders: Iterable<Order>): Summary {
  const summary = { orders: 0, spent: 0, largest: 0, express: 0, countries: 0 }
  const seen = new Set<string>()
  for (const { country, amount, express } of orders) {
    summary.orders++
    summary.spent += amount
    summary.largest = Math.max(summary.largest, amount)
    if (express) summary.express++
    seen.add(country)
  }
  summary.countries = seen.size
  return summary
}

type Totals = Summary & { readonly [name: string]: number; customers: number }

const none = (): Totals => ({ customers: 0, orders: 0, spent: 0, largest: 0, express: 0, countries: 0 })

function add(totals: Totals, summary: Summary): Totals {
  totals.customers++
  totals.orders += summary.orders
  totals.spent += summary.spent
  totals.largest += summary.largest
  totals.express += summary.express
  totals.countries += summary.countries
  return totals
}

export const objectRecords: BenchCase = {
  id: 'k',
  title: '2M objects grouped and summed up',
  expected: {
    1: {
      customers: 200_000,
      orders: 2_000_000,
      spent: 249_750_000,
      largest: 42406731.75,
      express: 666_667,
      countries: 863_339,
    },
    0.001: { customers: 200, orders: 2000, spent: 249_750, largest: 44_975, express: 667, countries: 1400 },
  },
  at(scale) {
    const rows = 2_000_000 * scale
    const customers = Math.min(200_000, rows / 10)
    const partitions = partitionsAt(scale)
    return {
      gridify: (context) =>
        context
          .range(0, rows, { partitions })
          .map((i) => orderAt(i, customers))
          .keyBy((order) => order.customer)
          .groupByKey(partitions)
          .mapValues(summarise)
          .values()
          .aggregate(none(), add, (left, right) => ({
            customers: left.customers + right.customers,
            orders: left.orders + right.orders,
            spent: left.spent + right.spent,
            largest: left.largest + right.largest,
            express: left.express + right.express,
            countries: left.countries + right.countries,
          })),
      plain() {
        const groups = new Map<string, Order[]>()
        for (let i = 0; i < rows; i++) {
          const order = orderAt(i, customers)
          const group = groups.get(order.customer)
          if (group) group.push(order)
          else groups.set(order.customer, [order])
        }
        const totals = none()
        for (const group of groups.values()) add(totals, summarise(group))
        return totals
      },
      duckdb: [
        `select count(*)::DOUBLE customers, sum(orders)::DOUBLE orders, sum(spent)::DOUBLE spent,
           sum(largest)::DOUBLE largest, sum(express)::DOUBLE express, sum(countries)::DOUBLE countries
         from (
           select customer, count(*) orders, sum(amount) spent, max(amount) largest,
             count(*) filter (express) express, count(distinct country) countries
           from (
             select i id, 'customer ' || ((i * 48271) % 2147483647) % ${customers} customer,
               ['${countries.join("', '")}'][i % 7 + 1] country, (i % 1000) / 4::DOUBLE amount, i % 3 = 0 express
             from range(${rows}) t(i)
           ) group by customer
         )`,
      ],
      scala: `
        case class Order(id: Long, customer: String, country: String, amount: Double, express: Boolean)
        val countries = Array("${countries.join('", "')}")
        val sums = sc.range(0, ${rows}, 1, ${partitions})
          .map(i => Order(i, "customer " + (i * 48271 % 2147483647L) % ${customers}, countries((i % 7).toInt),
            (i % 1000) / 4.0, i % 3 == 0))
          .keyBy(_.customer).groupByKey(${partitions})
          .mapValues(orders => Array(1.0, orders.size, orders.map(_.amount).sum, orders.map(_.amount).max,
            orders.count(_.express), orders.map(_.country).toSet.size))
          .values.reduce((a, b) => a.zip(b).map { case (x, y) => x + y })
        Seq("customers", "orders", "spent", "largest", "express", "countries").zip(sums)`,
      python: `
    countries = ["${countries.join('", "')}"]
    def order_at(i):
        return {"id": i, "customer": "customer " + str(i * 48271 % 2147483647 % ${customers}), "country": countries[i % 7],
            "amount": (i % 1000) / 4, "express": i % 3 == 0}
    def summarise(orders):
        amounts = [order["amount"] for order in orders]
        return (1, len(amounts), sum(amounts), max(amounts), sum(1 for order in orders if order["express"]),
            len({order["country"] for order in orders}))
    sums = (sc.range(0, ${rows}, 1, ${partitions}).map(order_at).keyBy(lambda order: order["customer"])
        .groupByKey(${partitions}).mapValues(summarise).values().reduce(lambda a, b: tuple(x + y for x, y in zip(a, b))))
    return dict(zip(["customers", "orders", "spent", "largest", "express", "countries"], sums))`,
    }
  },
}
